import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '../errors/app-error.ts';
import { Secret } from './secret.ts';

const version = 1;
const keyBytes = 32;
/** AES-GCM's own sizes: NIST SP 800-38D §8.2.1 and §5.2.1.2. */
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;

/** Encrypts small secrets at rest. */
export interface SecretBox {
  /**
   * Version, nonce, tag and ciphertext, base64. Opens only together with the same owner, so that a row's secret cannot be
   * moved to another row.
   */
  seal(plaintext: string, owner: string): string;
  /** @throws {AppError} `CONFIGURATION_INVALID` when it was sealed with another key, for another owner, or was changed */
  open(sealed: string, owner: string): Secret;
  /** The same text for the same parts, telling nothing about them to who has not the key. */
  fingerprint(...parts: readonly string[]): string;
}

/**
 * A box that AES-256-GCM closes.
 *
 * @param encryptionKey 32 bytes, base64
 * @throws {AppError} `CONFIGURATION_INVALID` for a key of another form
 */
export function createSecretBox(encryptionKey: string): SecretBox {
  checkEncryptionKey(encryptionKey);
  const master = Buffer.from(encryptionKey, 'base64');
  const sealingKey = deriveKey(master, 'seal');
  const fingerprintKey = deriveKey(master, 'fingerprint');
  return {
    seal(plaintext, owner) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(owner));
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), ciphertext]).toString('base64');
    },
    open(sealed, owner) {
      const bytes = Buffer.from(sealed, 'base64');
      if (bytes.length < headBytes || bytes[0] !== version) throw unreadable(owner);
      try {
        const nonce = bytes.subarray(1, 1 + nonceBytes);
        const cipher = createDecipheriv('aes-256-gcm', sealingKey, nonce, { authTagLength: tagBytes });
        cipher.setAAD(Buffer.from(owner));
        cipher.setAuthTag(bytes.subarray(1 + nonceBytes, headBytes));
        const plaintext = Buffer.concat([cipher.update(bytes.subarray(headBytes)), cipher.final()]);
        return new Secret(plaintext.toString('utf8'));
      } catch {
        throw unreadable(owner);
      }
    },
    fingerprint(...parts) {
      return createHmac('sha256', fingerprintKey).update(JSON.stringify(parts)).digest('base64url');
    },
  };
}

/** A new key for `createSecretBox`. */
export function generateEncryptionKey(): string {
  return randomBytes(keyBytes).toString('base64');
}

/** True for 32 bytes in base64. */
export function isEncryptionKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text);
}

/** @throws {AppError} `CONFIGURATION_INVALID` for a key that is not 32 bytes in base64 */
export function checkEncryptionKey(encryptionKey: string): void {
  if (isEncryptionKey(encryptionKey)) return;
  throw new AppError({
    code: 'CONFIGURATION_INVALID',
    message:
      'Cannot use the encryption key: it is not 32 bytes in base64, make one by "openssl rand -base64 32"',
    publicMessage: 'The server is configured wrongly; its operator has to correct ENCRYPTION_KEY.',
    retry: 'never',
  });
}

function deriveKey(master: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', `courseport ${purpose} v${version}`, keyBytes));
}

function unreadable(owner: string): AppError {
  return new AppError({
    code: 'CONFIGURATION_INVALID',
    message: `Cannot decrypt the secret of "${owner}": it was encrypted with another key or was changed, restore the encryption key or save the secret again`,
    publicMessage: 'The stored API key of this school cannot be read any more. Enter it again.',
    retry: 'never',
  });
}
