import { crc32, deflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.byteLength + 8);
  out.writeUInt32BE(data.byteLength, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body), 4 + body.byteLength);
  return out;
}

/** A small PNG of one colour (RFC 2083); `comment` makes its bytes its own. */
export function solidPng(sizePixels: number, rgb: number, comment: string): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(sizePixels, 0);
  header.writeUInt32BE(sizePixels, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.alloc(1 + sizePixels * 3);
  for (let x = 0; x < sizePixels; x += 1) row.writeUIntBE(rgb & 0xffffff, 1 + x * 3, 3);
  const pixels = Buffer.concat(Array.from({ length: sizePixels }, () => row));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from(`Comment\0${comment}`, 'latin1')),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
