import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataUrlBytes, maxDataUrlBytes } from './data-url.ts';

describe('an image in a data address', () => {
  it('gives back the bytes that were put in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const url = `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;

        expect(dataUrlBytes(url)).toEqual({ bytes: Buffer.from(bytes), contentType: 'image/png' });
      }),
    );
  });

  it('is found although written in other ways', () => {
    const expected = { bytes: Buffer.from('hello'), contentType: 'image/jpeg' };

    expect(dataUrlBytes('DATA:IMAGE/JPEG;charset=utf-8;base64,aGVs\nbG8=')).toEqual(expected);
    expect(dataUrlBytes('data:image/jpeg;base64,aGVsbG8%3D')).toEqual(expected);
  });

  it.each([
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:text/html;base64,PHN2Zz4=',
    'data:image/png,plain',
    'data:image/png;base64,',
    'data:image/png;base64,%%%',
    'data:image/png;base64,<script>',
    'https://a.example/a.png',
    `data:image/png;base64,${'A'.repeat(maxDataUrlBytes * 1.4)}`,
  ])('is not %.60s', (url) => {
    expect(dataUrlBytes(url)).toBeNull();
  });
});
