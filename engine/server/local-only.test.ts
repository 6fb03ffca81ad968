import { describe, expect, it } from 'vitest';
import { type Provenance, whyForeign } from './local-only.ts';

const local: Provenance = {
  method: 'POST',
  host: '127.0.0.1:8288',
  origin: undefined,
  fetchSite: undefined,
};

describe('in dev mode', () => {
  it.each([
    ['an SDK', local],
    ['localhost', { ...local, host: 'localhost:8288' }],
    ['a name under localhost', { ...local, host: 'engine.localhost' }],
    ['IPv6', { ...local, host: '[::1]:8288' }],
    ['HTTP/1.0 without a host', { ...local, host: undefined }],
    ['a page of this machine', { ...local, origin: 'http://localhost:3000', fetchSite: 'same-site' }],
    ['a link on a website', { ...local, method: 'GET', fetchSite: 'cross-site' }],
  ])('takes requests of %s', (_, provenance) => {
    expect(whyForeign(provenance)).toBeNull();
  });

  it.each([
    ['a name of a website that leads here', { ...local, method: 'GET', host: 'evil.example:8288' }],
    ['a name that only begins like ours', { ...local, host: 'localhost.evil.example' }],
    ['a number that only begins like ours', { ...local, host: '127.0.0.1.evil.example' }],
    ['a host that is none', { ...local, host: 'localhost:1:2' }],
    ['a page of a website', { ...local, origin: 'https://evil.example' }],
    ['a page of a website that wants to read', { ...local, method: 'GET', origin: 'https://evil.example' }],
    ['a page that hides its site', { ...local, origin: 'null' }],
    ['a form of a website', { ...local, fetchSite: 'cross-site' }],
  ])('refuses %s', (_, provenance) => {
    expect(whyForeign(provenance)).not.toBeNull();
  });
});
