import { describe, expect, it } from 'vitest';
import { prepareMoov } from './moov.ts';

function box(type: string, ...contents: (Buffer | number)[]): Buffer {
  const body = Buffer.concat(contents.map((part) => (typeof part === 'number' ? uint32(part) : part)));
  return Buffer.concat([uint32(body.length + 8), Buffer.from(type, 'latin1'), body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function moovWith(table: Buffer, created: number): Buffer {
  const stbl = box('stbl', table);
  return box('moov', box('mvhd', 0, created, created, 600), box('trak', box('mdia', box('minf', stbl))));
}

describe('prepareMoov', () => {
  it('shifts every chunk offset and clears the dates', () => {
    const moov = moovWith(box('stco', 0, 2, 100, 200), 3_800_000_000);

    expect(Buffer.from(prepareMoov(moov, 50) ?? [])).toEqual(moovWith(box('stco', 0, 2, 150, 250), 0));
  });

  it('shifts 64-bit offsets over the edge of 32 bits', () => {
    const moov = moovWith(box('co64', 0, 1, 0, 0xffff_fff0), 0);

    expect(Buffer.from(prepareMoov(moov, 0x20) ?? [])).toEqual(moovWith(box('co64', 0, 1, 1, 0x10), 0));
  });

  it('says when 32-bit offsets are too small', () => {
    expect(prepareMoov(moovWith(box('stco', 0, 1, 0xffff_fff0), 0), 0x20)).toBeNull();
  });

  it('refuses a box that claims more than there is', () => {
    expect(() => prepareMoov(Buffer.concat([uint32(100), Buffer.from('moov')]), 1)).toThrow(
      'size 100 is wrong',
    );
  });
});
