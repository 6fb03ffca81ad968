import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.ts';
import { createSecretBox, generateEncryptionKey } from './secret-box.ts';

const box = createSecretBox(generateEncryptionKey());
const text = fc.string({ unit: 'grapheme' });

describe('a secret box', () => {
  it('opens what it sealed', () => {
    fc.assert(
      fc.property(text, text, (plaintext, owner) => {
        expect(box.open(box.seal(plaintext, owner), owner).reveal()).toBe(plaintext);
      }),
    );
  });

  it('seals the same text differently each time', () => {
    expect(box.seal('key', 'con_1')).not.toBe(box.seal('key', 'con_1'));
  });

  it('does not open for another owner', () => {
    const sealed = box.seal('key', 'con_1');

    expect(() => box.open(sealed, 'con_2')).toThrow('Cannot decrypt the secret of "con_2"');
  });

  it('does not open with another key', () => {
    const sealed = box.seal('key', 'con_1');

    expect(() => createSecretBox(generateEncryptionKey()).open(sealed, 'con_1')).toThrow('another key');
  });

  it('does not open when a bit was changed', () => {
    const sealed = Buffer.from(box.seal('key', 'con_1'), 'base64');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (position, bits) => {
        const changed = Buffer.from(sealed);
        changed[position] = (changed[position] ?? 0) ^ bits;

        expect(() => box.open(changed.toString('base64'), 'con_1')).toThrow('Cannot decrypt');
      }),
    );
  });

  it('does not open what is too short to have been sealed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 28 }), (bytes) => {
        expect(() => box.open(Buffer.from(bytes).toString('base64'), 'con_1')).toThrow('Cannot decrypt');
      }),
    );
  });

  it('gives equal fingerprints to equal parts only, and others with another key', () => {
    expect(box.fingerprint('a', 'bc')).toBe(box.fingerprint('a', 'bc'));
    expect(box.fingerprint('a', 'bc')).not.toBe(box.fingerprint('ab', 'c'));
    expect(box.fingerprint('a')).not.toBe(createSecretBox(generateEncryptionKey()).fingerprint('a'));
  });

  it.each(['', 'short', 'x'.repeat(44), generateEncryptionKey().slice(4)])(
    'refuses the encryption key "%s" without telling it',
    (key) => {
      expect(() => createSecretBox(key)).toThrow(
        /^Cannot use the encryption key: it is not 32 bytes in base64/,
      );
    },
  );
});

describe('a secret', () => {
  it('shows itself only when asked', () => {
    const secret = new Secret('sk_live_1');
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true, depth: 5 }),
      Object.entries(secret).join(),
    ];

    expect(shown.join()).not.toContain('sk_live_1');
    expect(secret.reveal()).toBe('sk_live_1');
  });
});
