import { expect, it } from 'vitest';
import { isSameAddress } from './same-address.ts';

it.each([
  ['http://localhost:3000/api/inngest', 'http://127.0.0.1:3000/api/inngest?fnId=x', true],
  ['http://[::1]:3000/api/inngest', 'http://127.0.0.1:3000/api/inngest', true],
  ['http://127.0.0.1:3000/api/inngest', 'http://127.0.0.1:3001/api/inngest', false],
  ['http://localhost.example/x', 'http://127.0.0.1/x', false],
  ['no URL', 'no URL', true],
])('compares where %s and %s lead to', (a, b, isSame) => {
  expect(isSameAddress(a, b)).toBe(isSame);
});
