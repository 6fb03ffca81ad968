import fc from 'fast-check';
import { fileTypeFromBuffer } from 'file-type';
import sharp from 'sharp';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import type { Faults } from '../faults/switches.ts';
import { readMedia } from '../school/asset.ts';
import { generateSchool } from '../school/generate.ts';
import { fetchBytes, loopback, startTestSimulator } from '../test-client.ts';
import { parseByteRange } from './byte-range.ts';

const welcome =
  'https://d1watercolour0.cloudfront.net/Vd2welcomeHandle000j_01%20Welcome%20to%20the%20lake.wmv.mp4';
const forbiddenFilm =
  'https://d1watercolour0.cloudfront.net/Vd3washesHandle0000k_Drei%20Lasuren%20%C3%9Cbung.mp4';
const portrait = 'https://www.filepicker.io/api/file/Pn7portraitHandle00b';
const mark = 'https://cdn.fs.teachablecdn.com/Mk5dropletHandle000c';
const bell =
  'https://file-uploads.teachablecdn.com/9b1c5f0a7d3e4c2b8a6f5e4d3c2b1a09/1f2e3d4c5b6a79880716253443526170';

async function start(faults: Partial<Faults> = {}) {
  const simulator = await startTestSimulator({ faults });
  const get = (url: string, headers: Record<string, string> = {}) =>
    fetchBytes(simulator.localUrl(url), { headers });
  const head = (url: string) => fetchBytes(simulator.localUrl(url), { method: 'HEAD' });
  return { simulator, get, head };
}

describe('asset hosts', () => {
  it('serve the file whole, with the type they believe it has', async () => {
    const { get } = await start();

    const film = await get(welcome);
    const picture = await get(portrait);

    expect(film.body.equals(readMedia('lake.mp4'))).toBe(true);
    expect(film.headers).toMatchObject({ 'content-type': 'video/mp4', 'accept-ranges': 'bytes' });
    expect(picture.headers['content-type']).toBe('image/png');
    expect((await fileTypeFromBuffer(picture.body))?.mime).toBe('image/jpeg');
  });

  it('serve ranges, or ignore them, as each host does', async () => {
    const { get } = await start();
    const bytes = readMedia('lake.mp4');

    const part = await get(welcome, { range: 'bytes=100-199' });
    const tail = await get(welcome, { range: `bytes=${bytes.byteLength - 10}-` });
    const behind = await get(welcome, { range: `bytes=${bytes.byteLength}-` });
    const ignored = await get(portrait, { range: 'bytes=100-199' });

    expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 100-199/${bytes.byteLength}`]);
    expect(part.body.equals(bytes.subarray(100, 200))).toBe(true);
    expect(tail.body.equals(bytes.subarray(-10))).toBe(true);
    expect(behind.status).toBe(416);
    expect(behind.headers['content-range']).toBe(`bytes */${bytes.byteLength}`);
    expect([ignored.status, ignored.body.byteLength]).toEqual([200, readMedia('portrait.jpg').byteLength]);
  });

  it('answer HEAD truthfully, with a length of 0, or not at all', async () => {
    const { head } = await start();

    expect((await head(welcome)).headers['content-length']).toBe(String(readMedia('lake.mp4').byteLength));
    expect((await head(mark)).headers['content-length']).toBe('0');
    expect((await head(bell)).status).toBe(403);
  });

  it('refuse old uploads, miss others, and move some', async () => {
    const { simulator, get } = await start();

    const moved = await get('https://www.filepicker.io/api/file/Vd4driftHandle00000l');

    expect((await get(forbiddenFilm)).status).toBe(403);
    expect((await get('https://cdn.fs.teachablecdn.com/nothing')).status).toBe(404);
    expect([moved.status, moved.headers.location]).toEqual([
      302,
      simulator.localUrl('https://cdn.filestackcontent.com/Vd4driftHandle00000l'),
    ]);
  });

  it('resize what a wrapper asks them to, and pass on what it only wraps', async () => {
    const { simulator, get } = await start();
    const inner = simulator.localUrl(
      'https://uploads.teachablecdn.com/attachments/Ws4washesHandle0000f_three-washes.jpg',
    );
    const oneSlash = inner.replace('//', '/');

    const resized = await get(`https://process.fs.teachablecdn.com/KEY/resize=width:705/${oneSlash}`);
    const proxied = await get(`https://static-media.hotmart.com/SIG=/705x0/${inner}`);
    const encoded = await get(`https://static-media.hotmart.com/SIG=/705x0/${encodeURIComponent(inner)}`);
    const wrapped = await get(`https://cdn.fs.teachablecdn.com/KEY/${inner}`);

    expect(await sharp(resized.body).metadata()).toMatchObject({ format: 'jpeg', width: 705 });
    expect(proxied.body.equals(resized.body)).toBe(true);
    expect(encoded.body.equals(resized.body)).toBe(true);
    expect(wrapped.body.equals(readMedia('washes.jpg'))).toBe(true);
  });

  it('serve files of any size without holding them', async () => {
    const size = 40 * 2 ** 30;
    const school = generateSchool({ courses: 1, lessons: 1, files: 1, fileBytes: size });
    const simulator = await startTestSimulator({ school });
    const lecture = school.findLecture(600_001, 10_000_000);
    const pdf = simulator.localUrl(lecture?.attachments.find(({ kind }) => kind === 'pdf_embed')?.url ?? '');

    const begin = await fetchBytes(pdf, { headers: { range: 'bytes=0-1023' } });
    const end = await fetchBytes(pdf, { headers: { range: 'bytes=-1000000' } });

    expect(begin.headers['content-range']).toBe(`bytes 0-1023/${size}`);
    expect((await fileTypeFromBuffer(begin.body))?.mime).toBe('application/pdf');
    expect(end.body.byteLength).toBe(1_000_000);
  });
});

describe('faults of assets', () => {
  it.each([
    ['assetForbidden', 403],
    ['assetMissing', 404],
    ['assetError', 503],
  ] as const)('%s answers %i for the file it names only', async (name, status) => {
    const { get } = await start({ [name]: 'path:Mk5droplet' });

    expect((await get(mark)).status).toBe(status);
    expect((await get(portrait)).status).toBe(200);
  });

  it('assetHtml answers 200 with a page', async () => {
    const { get } = await start({ assetHtml: 'always' });

    expect(await get(mark)).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } });
  });

  it('assetReset closes the connection', async () => {
    const { get } = await start({ assetReset: 'first:1' });

    await expect(get(mark)).rejects.toThrow();
    expect((await get(mark)).status).toBe(200);
  });

  it('assetHeadEmpty and assetHeadForbidden strike HEAD alone', async () => {
    const { simulator, get, head } = await start({ assetHeadEmpty: 'always' });

    expect((await head(welcome)).headers['content-length']).toBe('0');
    simulator.faults.set({ assetHeadForbidden: 'always' });
    expect((await head(welcome)).status).toBe(403);
    expect((await get(welcome)).status).toBe(200);
  });

  it('assetCut promises the whole body and closes after half', async () => {
    const { simulator, get } = await start({ assetCut: 'first:1' });

    const { headers, body } = await request(simulator.localUrl(welcome), { dispatcher: loopback });
    const received: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of body) received.push(chunk);
    })();

    await expect(reading).rejects.toThrow();
    expect(headers['content-length']).toBe(String(readMedia('lake.mp4').byteLength));
    expect(Buffer.concat(received).byteLength).toBeLessThan(readMedia('lake.mp4').byteLength);
    expect((await get(welcome)).body.byteLength).toBe(readMedia('lake.mp4').byteLength);
  });

  it('assetSlow delivers the same bytes in small pieces', async () => {
    const { simulator } = await start({ assetSlow: 'always', assetBytesPerSecond: 100_000 });
    const sizes: number[] = [];

    const { body } = await request(simulator.localUrl(mark), { dispatcher: loopback });
    for await (const chunk of body) sizes.push(chunk.length);

    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(readMedia('mark.png').byteLength);
  });

  it('assetEndless goes on behind the end of the file', async () => {
    const { simulator } = await start({ assetEndless: 'always' });

    const { headers, body } = await request(simulator.localUrl(mark), { dispatcher: loopback });
    let received = 0;
    for await (const chunk of body) {
      received += chunk.length;
      if (received > 5_000_000) break;
    }

    expect(headers).not.toHaveProperty('content-length');
    expect(received).toBeGreaterThan(5_000_000);
  });

  it('assetWrongType and assetNoRanges lie about the file', async () => {
    const { get } = await start({ assetWrongType: 'always', assetNoRanges: 'always' });

    const { status, headers, body } = await get(welcome, { range: 'bytes=0-9' });

    expect([status, headers['content-type'], body.byteLength]).toEqual([
      200,
      'text/plain',
      readMedia('lake.mp4').byteLength,
    ]);
    expect(headers).not.toHaveProperty('accept-ranges');
  });

  it('assetRedirect leads to the same file, or wherever it is told', async () => {
    const { simulator, get } = await start({ assetRedirect: 'always' });

    const first = await get(mark);
    const second = await get(`https://cdn.fs.teachablecdn.com${first.headers.location}`);
    simulator.faults.set({ assetRedirectTarget: 'http://10.0.0.1/' });
    const elsewhere = await get(mark);

    expect([first.status, second.status]).toEqual([302, 200]);
    expect(elsewhere.headers.location).toBe('http://10.0.0.1/');
  });
});

describe('byte ranges', () => {
  it('lie within the file, whatever is asked', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.option(fc.nat(2_000)), fc.option(fc.nat(2_000)), (size, first, last) => {
        const range = parseByteRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (range === null || range === 'unsatisfiable') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.start).toBeLessThan(range.end);
        expect(range.end).toBeLessThanOrEqual(size);
        if (first !== null) expect(range.start).toBe(first);
      }),
    );
  });

  it.each(['', 'bytes=', 'bytes=-', 'items=0-1', 'bytes=0-1,3-4', 'bytes=9-3', 'bytes=a-b'])(
    'that are none are ignored: "%s"',
    (header) => {
      expect(parseByteRange(header, 100)).toBeNull();
    },
  );
});
