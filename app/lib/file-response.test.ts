import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { fileResponse, type ServedFile } from './file-response.ts';

const content = Buffer.from('0123456789');

function served(overrides: Partial<ServedFile> = {}): ServedFile {
  return {
    name: 'talk.mp4',
    contentType: 'video/mp4',
    bytes: content.length,
    sha256: 'abc',
    read: async (range) => Readable.from([content.subarray(range?.start, range && range.end + 1)]),
    presign: null,
    ...overrides,
  };
}

function request(headers: Record<string, string> = {}, options: { method?: string; query?: string } = {}) {
  return new Request(`http://127.0.0.1/files/fil_1${options.query ?? ''}`, {
    method: options.method ?? 'GET',
    headers,
  });
}

describe('fileResponse', () => {
  it('answers with the whole file and says that ranges are welcome', async () => {
    const response = await fileResponse(request(), served());

    expect(response.status).toBe(200);
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(response.headers.get('content-length')).toBe('10');
    expect(await response.text()).toBe('0123456789');
  });

  it('answers a range with that part', async () => {
    const response = await fileResponse(request({ range: 'bytes=2-4' }), served());

    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe('bytes 2-4/10');
    expect(response.headers.get('content-length')).toBe('3');
    expect(await response.text()).toBe('234');
  });

  it('refuses a range past the end and tells the size', async () => {
    const response = await fileResponse(request({ range: 'bytes=10-' }), served());

    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */10');
  });

  it('sends the whole when the range was asked of older bytes', async () => {
    const response = await fileResponse(request({ range: 'bytes=2-4', 'if-range': '"old"' }), served());

    expect(response.status).toBe(200);
    expect(await response.text()).toBe('0123456789');
  });

  it('does not send again what the browser still has', async () => {
    const read = vi.fn(served().read);

    const response = await fileResponse(request({ 'if-none-match': 'W/"abc", "other"' }), served({ read }));

    expect(response.status).toBe(304);
    expect(read).not.toHaveBeenCalled();
  });

  it('answers HEAD with the headers alone', async () => {
    const read = vi.fn(served().read);

    const response = await fileResponse(request({}, { method: 'HEAD' }), served({ read }));

    expect(response.headers.get('content-length')).toBe('10');
    expect(response.body).toBeNull();
    expect(read).not.toHaveBeenCalled();
  });

  it.each(['image/png', 'video/mp4', 'audio/mpeg', 'application/pdf'])(
    'shows %s in the page',
    async (contentType) => {
      const response = await fileResponse(request(), served({ contentType }));

      expect(response.headers.get('content-type')).toBe(contentType);
      expect(response.headers.get('content-disposition')).toMatch(/^inline/);
    },
  );

  it.each(['image/svg+xml', 'text/html', 'text/javascript', 'application/xhtml+xml', 'application/zip'])(
    'only downloads %s, as bytes of no type',
    async (contentType) => {
      const response = await fileResponse(request(), served({ contentType }));

      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
      expect(response.headers.get('content-security-policy')).toContain('sandbox');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  it('lets browsers keep a variant for good, and shows a cleaned drawing with nothing but its own styles', async () => {
    const response = await fileResponse(request(), served({ contentType: 'image/svg+xml', isVariant: true }));

    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(response.headers.get('content-disposition')).toMatch(/^inline/);
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; sandbox; frame-ancestors 'self'; style-src 'unsafe-inline'",
    );
  });

  it('downloads a harmless file when asked to', async () => {
    const response = await fileResponse(request({}, { query: '?download' }), served());

    expect(response.headers.get('content-disposition')).toBe('attachment; filename="talk.mp4"');
  });

  it('sends on to the address of a file that has one, and lets it be shown no other way than here', async () => {
    const read = vi.fn(served().read);
    const presign = vi.fn(async () => 'https://bucket.example.com/x?signature');

    const response = await fileResponse(
      request({ range: 'bytes=2-4' }),
      served({ contentType: 'text/html', read, presign }),
    );

    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toBe('https://bucket.example.com/x?signature');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(presign).toHaveBeenCalledExactlyOnceWith({
      contentType: 'application/octet-stream',
      contentDisposition: 'attachment; filename="talk.mp4"',
    });
    expect(read).not.toHaveBeenCalled();
  });

  it('closes the file when the reader goes away', async () => {
    const stream = new Readable({ read() {} });
    stream.push('0');

    const response = await fileResponse(request(), served({ read: async () => stream }));
    await response.body?.cancel();

    await vi.waitFor(() => expect(stream.destroyed).toBe(true));
  });
});
