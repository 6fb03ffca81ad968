import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identifyAsset } from './identity.ts';

const handle = 'AbCdEfGhIjKlMnOpQrSt';
const hex = '0123456789abcdef0123456789abcdef';
const hex2 = 'fedcba9876543210fedcba9876543210';
const appKey = 'ADNupMnWyR7kCWRvm76Laz';

describe('identifyAsset', () => {
  it.each([
    [`https://www.filepicker.io/api/file/${handle}`, `filestack:${handle}`],
    [`https://cdn.fs.teachablecdn.com/${handle}`, `filestack:${handle}`],
    [`https://cdn.filestackcontent.com/${handle}`, `filestack:${handle}`],
    [`https://d2vvqscadf4c1f.cloudfront.net/${handle}_Gr%C3%BC%C3%9Fe%20aus.mp4`, `cloudfront:${handle}`],
    [`https://uploads.teachablecdn.com/attachments/${handle}_logo.png`, `upload:${handle}`],
    [`https://uploads.teachablecdn.com/attachments/${hex}.png`, `upload:${hex}`],
    [`https://file-uploads.teachablecdn.com/${hex}/${hex2}`, `file-upload:${hex}/${hex2}`],
  ])('knows %s by its handle', (address, key) => {
    expect(identifyAsset(address)).toEqual({ key, fetchUrl: address });
    const standIn = address.replace(/^https:\/\/([^/]+)/, 'http://$1.localhost:4010');
    expect(identifyAsset(standIn)).toEqual({ key, fetchUrl: standIn });
  });

  it.each([
    [
      `https://process.fs.teachablecdn.com/${appKey}/resize=width:705/https://www.filepicker.io/api/file/${handle}`,
    ],
    [
      `https://process.fs.teachablecdn.com/${appKey}/resize=width:705/https:/www.filepicker.io/api/file/${handle}`,
    ],
    [`https://cdn.fs.teachablecdn.com/${appKey}/https://www.filepicker.io/api/file/${handle}`],
    [`https://static-media.hotmart.com/sig=/705x0/https://www.filepicker.io/api/file/${handle}`],
    [`https://static-media.hotmart.com/sig=/705x0/https%3A%2F%2Fwww.filepicker.io%2Fapi%2Ffile%2F${handle}`],
    [
      `https://static-media.hotmart.com/sig=/705x0/https://process.fs.teachablecdn.com/${appKey}/resize=width:705/https:/www.filepicker.io/api/file/${handle}`,
    ],
  ])('sees the original in %s', (address) => {
    expect(identifyAsset(address)).toEqual({
      key: `filestack:${handle}`,
      fetchUrl: `https://www.filepicker.io/api/file/${handle}`,
    });
  });

  it('fetches a wrapped stand-in from the stand-in', () => {
    const inner = `http://uploads.teachablecdn.com.localhost:4010/attachments/${hex}.png`;

    const identity = identifyAsset(
      `http://process.fs.teachablecdn.com.localhost:4010/${appKey}/resize=width:705/${inner}`,
    );

    expect(identity).toEqual({ key: `upload:${hex}`, fetchUrl: inner });
  });

  it('gives an address the same key whatever its signature, scheme, port of a stand-in or spelling', () => {
    const key = identifyAsset('https://img-akm.play.hotmart.com/video/X/thumbnail/0.jpg?token=exp=1').key;
    const other = identifyAsset('https://cdn.example/Gr%c3%bc%c3%9fe.pdf?v=2').key;

    expect(key).toMatch(/^url:[0-9a-f]{32}$/);
    expect(identifyAsset('https://img-akm.play.hotmart.com/video/X/thumbnail/0.jpg?token=exp=2').key).toBe(
      key,
    );
    expect(identifyAsset('http://img-akm.play.hotmart.com.localhost:5/video/X/thumbnail/0.jpg').key).toBe(
      key,
    );
    expect(identifyAsset('http://CDN.example/Grüße.pdf?v=2&Signature=s&Expires=1#p').key).toBe(other);
  });

  it('gives other addresses other keys', () => {
    const addresses = [
      'https://a.example/x',
      'https://a.example/y',
      'https://a.example/x?v=2',
      'https://a.example:81/x',
    ];

    expect(new Set(addresses.map((address) => identifyAsset(address).key)).size).toBe(addresses.length);
  });

  it('resolves relative addresses against the school', () => {
    const base = new URL('https://school.example/courses/1');

    expect(identifyAsset('/images/a.png', base).fetchUrl).toBe('https://school.example/images/a.png');
    expect(identifyAsset('//cdn.example/a.png', base).fetchUrl).toBe('https://cdn.example/a.png');
    expect(() => identifyAsset('data:image/png;base64,AA')).toThrow(
      expect.objectContaining({ code: 'URL_INVALID' }),
    );
  });

  it('finds in what it would fetch the same bytes again', () => {
    const inner = fc.webUrl({ withQueryParameters: true });
    const wrapped = inner.map(
      (url) => `https://process.fs.teachablecdn.com/${appKey}/resize=width:705/${url}`,
    );

    fc.assert(
      fc.property(fc.oneof(inner, wrapped), (address) => {
        const identity = identifyAsset(address);
        expect(identifyAsset(identity.fetchUrl)).toEqual(identity);
      }),
    );
  });
});
