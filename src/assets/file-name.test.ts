import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeFileName } from './file-name.ts';

describe('safeFileName', () => {
  it.each([
    ['Lesson 1.pdf', 'Lesson 1.pdf'],
    ['talk.wmv.mp4', 'talk.wmv.mp4'],
    ['  padded.PDF  ', 'padded.PDF'],
    ['../../etc/passwd', '_.._etc_passwd.bin'],
    ['a/b\\c:d?.zip', 'a_b_c_d_.zip'],
    ['Gru\u0308ße 🎨.png', 'Grüße 🎨.png'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['.htaccess', 'file.htaccess'],
    ['con.txt', '_con.txt'],
    ['line\nbreak', 'linebreak.bin'],
    ['', 'file.bin'],
    [null, 'file.bin'],
    ['...', 'file.bin'],
  ])('makes of %j the name %j', (name, expected) => {
    expect(safeFileName(name, 'bin')).toBe(expected);
  });

  it('shortens long names between characters and keeps the extension', () => {
    const name = safeFileName(`${'🧑‍🎨'.repeat(100)}.jpeg`, 'bin');

    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toMatch(/^(🧑‍🎨)+\.jpeg$/u);
  });

  it('always makes a name that is valid everywhere, and leaves such a name alone', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string()), (name) => {
        const safe = safeFileName(name, 'bin');

        expect(safe).toMatch(/^[^./\\ ][^/\\:*?"<>|]*\.[A-Za-z0-9]+$/);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
        expect(safeFileName(safe, 'bin')).toBe(safe);
      }),
    );
  });
});
