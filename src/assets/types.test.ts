import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import type { FileKind } from '../db/schema/assets.ts';
import { detectType, isTypeAllowed, lastExtension, type TypeHints } from './types.ts';

const media = join(import.meta.dirname, '../../simulator/content/media');

async function detect(content: string | Buffer, hints: TypeHints = {}) {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, content);
  return await detectType(path, hints);
}

describe('detectType', () => {
  it.each([
    ['pear.jpg', 'image/jpeg', 'jpg'],
    ['mark.png', 'image/png', 'png'],
    ['worksheet.pdf', 'application/pdf', 'pdf'],
    ['lake.mp4', 'video/mp4', 'mp4'],
    ['drying-bell.mp3', 'audio/mpeg', 'mp3'],
    ['sketches.zip', 'application/zip', 'zip'],
  ])('knows %s by its bytes', async (name, contentType, extension) => {
    const wrong = { contentType: 'text/plain', extension: null };

    expect(await detectType(join(media, name), wrong)).toEqual({ contentType, extension });
  });

  it('knows pages and drawings behind comments and declarations', async () => {
    expect(await detect('\ufeff \n<!-- a --><!DOCTYPE html><title>x')).toMatchObject({
      contentType: 'text/html',
    });
    expect(await detect('<html lang="de">')).toMatchObject({ contentType: 'text/html' });
    expect(await detect('<?xml version="1.0"?>\n<svg xmlns="x"/>')).toEqual({
      contentType: 'image/svg+xml',
      extension: 'svg',
    });
  });

  it('asks the hints only when bytes say nothing', async () => {
    const noise = Buffer.from([0, 1, 2, 3, 250, 251]);

    expect(await detect('a;b\n1;2', { extension: 'CSV' })).toEqual({
      contentType: 'text/csv',
      extension: 'csv',
    });
    expect(await detect('hello', { contentType: 'text/html' })).toEqual({
      contentType: 'text/plain',
      extension: 'txt',
    });
    expect(await detect(noise, { contentType: 'text/html', extension: '../x' })).toEqual({
      contentType: 'application/octet-stream',
      extension: 'bin',
    });
    expect(await detect(noise, { contentType: 'video/x-old; a=b', extension: '.vob' })).toEqual({
      contentType: 'video/x-old',
      extension: 'vob',
    });
  });

  it('keeps the name of a format that is a ZIP inside', async () => {
    expect(await detectType(join(media, 'sketches.zip'), { extension: 'sketch' })).toEqual({
      contentType: 'application/zip',
      extension: 'sketch',
    });
  });
});

describe('isTypeAllowed', () => {
  it.each<[FileKind, string, string | null, boolean]>([
    ['image', 'image/png', null, true],
    ['image', 'text/html', null, false],
    ['pdf', 'image/png', 'pdf', false],
    ['audio', 'video/mp4', 'm4a', true],
    ['video', 'application/pdf', null, false],
    ['file', 'application/octet-stream', null, true],
    ['file', 'text/html', 'zip', false],
    ['file', 'text/html', 'html', true],
  ])('%s with %s named .%s: %s', (kind, contentType, extension, allowed) => {
    expect(isTypeAllowed(kind, { contentType, extension: 'x' }, { extension })).toBe(allowed);
  });
});

describe('lastExtension', () => {
  it.each([
    ['talk.wmv.MP4', 'mp4'],
    ['no extension', null],
    ['odd.ex tension', null],
    ['', null],
    [null, null],
  ])('of %j is %j', (name, expected) => {
    expect(lastExtension(name)).toBe(expected);
  });
});
