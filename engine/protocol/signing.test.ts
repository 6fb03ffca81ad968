import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiToken, isSameSecret, isSignatureValid, signature } from './signing.ts';

const key = 'signkey-test-0123abcd';
const skewMs = 300_000;

describe('a signature', () => {
  it('belongs to its body, key and time, and to no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (body, timeSeconds) => {
        const signed = signature(key, body, timeSeconds);
        const nowMs = timeSeconds * 1_000;
        expect(isSignatureValid(key, body, signed, nowMs, skewMs)).toBe(true);
        expect(isSignatureValid(key, `${body} `, signed, nowMs, skewMs)).toBe(false);
        expect(isSignatureValid('signkey-test-ffff', body, signed, nowMs, skewMs)).toBe(false);
        expect(isSignatureValid(key, body, signed, nowMs + skewMs + 1, skewMs)).toBe(false);
      }),
    );
  });

  it('is made with the key as text, without its prefix', () => {
    expect(signature('signkey-prod-abc', '{}', 1)).toBe(signature('abc', '{}', 1));
  });

  it.each(['', 't=1', 's=abc', 't=x&s=y'])('cannot be "%s"', (value) => {
    expect(isSignatureValid(key, '{}', value, 1_000, skewMs)).toBe(false);
  });
});

describe('the token of a signing key', () => {
  it('keeps the prefix and hashes the bytes that the rest names', () => {
    expect(apiToken('signkey-test-00ff')).toBe(
      'signkey-test-06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8',
    );
  });

  it('is compared as a whole', () => {
    expect([isSameSecret('a', 'a'), isSameSecret('a', 'b'), isSameSecret('a', 'aa')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
