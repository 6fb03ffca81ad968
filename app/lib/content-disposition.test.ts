import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentDisposition, wellFormed } from './content-disposition.ts';

describe('contentDisposition', () => {
  it.each([
    ['talk.mp4', 'attachment; filename="talk.mp4"'],
    ['Übung 1.pdf', `attachment; filename="Ubung 1.pdf"; filename*=UTF-8''%C3%9Cbung%201.pdf`],
    ['a "b".pdf', `attachment; filename="a _b_.pdf"; filename*=UTF-8''a%20%22b%22.pdf`],
    ["it's (1).pdf", `attachment; filename="it's (1).pdf"`],
    [
      'a\r\nSet-Cookie: b',
      `attachment; filename="a__Set-Cookie: b"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b`,
    ],
  ])('names %s', (fileName, header) => {
    expect(contentDisposition('attachment', fileName)).toBe(header);
  });

  it('makes a valid header that still holds the name, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (fileName) => {
        const header = contentDisposition('inline', fileName);

        expect(new Headers({ 'content-disposition': header }).get('content-disposition')).toBe(header);
        const [, encoded] = /filename\*=UTF-8''([^;]*)$/.exec(header) ?? [];
        const [, plain] = /filename="([^"]*)"/.exec(header) ?? [];
        expect(encoded === undefined ? plain : decodeURIComponent(encoded)).toBe(wellFormed(fileName));
      }),
    );
  });
});
