import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from '../lib/csv.ts';
import { type Redirect, writeRedirects } from './redirect-formats.ts';

/** Cells of a CSV text in which all of them are quoted (RFC 4180). */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const match of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    const row = rows.at(-1);
    const cell = (match[1] ?? '').replaceAll('""', '"');
    const startsRow = match.index === 0 || text.slice(0, match.index).endsWith('\r\n');
    if (startsRow || !row) rows.push([cell]);
    else row.push(cell);
  }
  return rows;
}

const anyText = fc.string({ unit: 'grapheme', maxLength: 40 });
const anyRedirect: fc.Arbitrary<Redirect> = fc.record({
  from: anyText.map((text) => `/p/${text}`),
  to: anyText.map((text) => `/courses/${text}`),
  lesson: fc.option(fc.nat().map(String)),
});

describe('a redirect map', () => {
  it('reads back from CSV and JSON as what went in', () => {
    fc.assert(
      fc.property(fc.array(anyRedirect, { maxLength: 5 }), (redirects) => {
        const pairs = redirects.map(({ from, to }) => [from, to]);

        expect(readCsv(writeRedirects(redirects, 'csv').text)).toEqual([['from', 'to'], ...pairs]);
        const json: { from: string; to: string }[] = JSON.parse(writeRedirects(redirects, 'json').text);
        expect(json.map(({ from, to }) => [from, to])).toEqual(pairs);
      }),
    );
  });

  it('puts nothing into the configuration of nginx but strings, whatever is in an address', () => {
    const hostile = fc
      .array(fc.constantFrom('"', '\\', ';', '}', '{', '\n', '$uri', '$', ' ', '#', "'", 'a'), {
        maxLength: 8,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const { text } = writeRedirects(
          [{ from: `/p/${one}`, to: `/courses/${other}`, lesson: null }],
          'nginx',
        );

        const empty = writeRedirects([], 'nginx').text.split('\n');
        const added = text.split('\n').filter((line) => !empty.includes(line));
        expect(text.split('\n')).toHaveLength(empty.length + 1);
        expect(added).toEqual([expect.stringMatching(/^ {4}"(?:[^"\\]|\\["\\])*" "(?:[^"\\$]|\\["\\])*";$/)]);
      }),
    );
  });

  it('matches a lesson by its id under whatever name of its course, in nginx and Next.js', () => {
    const redirects = [
      { from: '/courses/1/lectures/2', to: 'https://new.example/courses/crs_1/lessons/les_1', lesson: '2' },
      { from: '/p/a(b)', to: '/courses/crs_1', lesson: null },
    ];

    expect(JSON.parse(writeRedirects(redirects, 'next').text)).toEqual([
      {
        source: '/courses/:course/lectures/2',
        destination: 'https://new.example/courses/crs_1/lessons/les_1',
        permanent: true,
      },
      { source: '/p/a\\(b\\)', destination: '/courses/crs_1', permanent: true },
    ]);
    expect(writeRedirects(redirects, 'nginx').text).toContain(
      '    "2" "https://new.example/courses/crs_1/lessons/les_1";\n',
    );
  });
});

describe('a CSV file', () => {
  it('holds no formula for a spreadsheet to run, and loses nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '', '"'), anyText, (start, rest) => {
        const text = `${start}${rest}`;
        const [[cell = ''] = []] = readCsv(toCsv([[text]]));

        expect(cell).not.toMatch(/^[=+\-@\t\r]/);
        expect(cell.replace(/^'(?=[=+\-@\t\r])/, '')).toBe(text.replace(/^'(?=[=+\-@\t\r])/, ''));
      }),
    );
  });
});
