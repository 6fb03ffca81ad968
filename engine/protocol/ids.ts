import { randomFillSync } from 'node:crypto';
import { decodeTime, encodeTime, isValid, monotonicFactory } from 'ulid';

// The library would ask the system for each of sixteen letters.
const randomPool = new Uint8Array(4_096);
let usedRandom = randomPool.length;

function random(): number {
  if (usedRandom === randomPool.length) {
    randomFillSync(randomPool);
    usedRandom = 0;
  }
  const byte = randomPool[usedRandom] ?? 0;
  usedRandom += 1;
  return byte / 256;
}

const nextUlid = monotonicFactory(random);

/** A new ULID. Within this process each is greater than the one before, also within a millisecond. */
export function newId(): string {
  return nextUlid();
}

/** Makes ids from now on greater than those of a time, in ms, also if the clock is behind it. */
export function makeIdsAfter(timeMs: number): void {
  nextUlid(timeMs + 1);
}

/** The time in an id, in ms. @throws {Error} when it is not a ULID */
export function idTimeMs(id: string): number {
  return decodeTime(id);
}

/** The smallest id that belongs to a time, in ms. */
export function firstIdAt(timeMs: number): string {
  return encodeTime(timeMs, timeLength).padEnd(idLength, '0');
}

export function isId(text: string): boolean {
  return isValid(text);
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const timeLength = 10;
const idLength = 26;
const entropyBytes = 10;
const maxTimeMs = 2 ** 48 - 1;

/** Makes the same ids each time for the same `X-Inngest-Event-Id-Seed` (`<millis>,<base64 of 10 bytes>`). */
export interface IdSeed {
  /** The id of the event at this place, counted from 1. */
  idAt(place: number): string;
}

/** Reads a seed, or null if it is malformed: such a request gets fresh ids instead. */
export function parseIdSeed(text: string): IdSeed | null {
  const [millis = '', base64 = '', ...rest] = text.split(',');
  const timeMs = Number(millis);
  const entropy = Buffer.from(base64, 'base64');
  const isReadable = rest.length === 0 && /^\d+$/.test(millis) && timeMs <= maxTimeMs;
  if (!isReadable || entropy.length !== entropyBytes) return null;

  return {
    idAt(place) {
      const bytes = Buffer.from(entropy);
      bytes.writeUInt32BE((bytes.readUInt32BE(6) + place) % 2 ** 32, 6);
      return encodeTime(timeMs, timeLength) + encodeEntropy(bytes);
    },
  };
}

function encodeEntropy(bytes: Buffer): string {
  let bits = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  while (text.length < 16) {
    text = alphabet.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}
