import { expect, it } from 'vitest';
import { type Grant, Tokens } from './tokens.ts';

const tokens = new Tokens('signkey-test-00ff');
const grant: Grant = { use: 'subscribe', topics: [{ channel: 'order:7', name: 'state' }] };

it('gives back what a token grants until its time is over', () => {
  const token = tokens.issue(grant, 60_000, 1_000_000);

  expect(tokens.read(token, 1_059_000)).toEqual(grant);
  expect(tokens.read(token, 1_061_000)).toBeNull();
});

it('refuses tokens of another key, changed ones and what is none', () => {
  const token = tokens.issue(grant, 60_000);
  const [head, , mac] = token.split('.');
  const other = Buffer.from(JSON.stringify({ exp: 9e9, grant })).toString('base64url');

  expect(new Tokens('signkey-test-00fe').read(token)).toBeNull();
  expect(tokens.read(`${head}.${other}.${mac}`)).toBeNull();
  for (const text of [null, undefined, '', '..', 'x', `${token}x`]) expect(tokens.read(text)).toBeNull();
});
