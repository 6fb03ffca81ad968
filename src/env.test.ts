import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { envNames, readEnv } from './env.ts';
import { AppError } from './errors/app-error.ts';

describe('readEnv', () => {
  it('needs nothing: every setting has a default or may be absent', () => {
    const env = readEnv({});

    expect(env).toMatchObject({ DATA_DIR: '.data', PORT: 3000, ENGINE_PORT: 8288, LOG_LEVEL: 'info' });
    expect(env.DATABASE_URL).toBeUndefined();
    expect(env.ALLOWED_PRIVATE_HOSTS).toEqual([]);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readEnv({ DATABASE_URL: '', PORT: ' ' })).toEqual(readEnv({}));
  });

  it('splits the list of private hosts and drops a slash at the end of the API address', () => {
    const env = readEnv({
      ALLOWED_PRIVATE_HOSTS: ' a:1, ,*.b:2 ',
      TEACHABLE_API_URL: 'http://127.0.0.1:1/v1/',
    });

    expect(env.ALLOWED_PRIVATE_HOSTS).toEqual(['a:1', '*.b:2']);
    expect(env.TEACHABLE_API_URL).toBe('http://127.0.0.1:1/v1');
  });

  it('names every wrong variable and never repeats its value', () => {
    const read = () =>
      readEnv({ PORT: 'eighty', DATABASE_URL: 'mysql://user:secret@host/x', LOG_LEVEL: 'loud' });

    expect(read).toThrow(AppError);
    expect(read).toThrow(/DATABASE_URL: .*PORT: .*LOG_LEVEL: /s);
    expect(read).not.toThrow(/secret/);
  });
});

describe('readEnv of a bucket', () => {
  const key = { S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret-key' };

  it.each([
    { S3_BUCKET: 'courses', S3_REGION: 'auto' },
    { S3_BUCKET: 'courses', S3_REGION: 'auto', ...key, S3_FORCE_PATH_STYLE: 'true', S3_DELIVERY: 'stream' },
  ])('takes %o', (source) => {
    expect(readEnv(source)).toMatchObject({
      ...source,
      S3_FORCE_PATH_STYLE: 'S3_FORCE_PATH_STYLE' in source,
    });
  });

  it.each([
    { source: { S3_BUCKET: 'courses' }, message: /: S3_REGION: is missing, but needed with S3_BUCKET$/ },
    { source: { S3_REGION: 'auto' }, message: /: S3_BUCKET: is missing, but needed with S3_REGION$/ },
    {
      source: { S3_ENDPOINT: 'http://a', ...key },
      message: /S3_BUCKET: is missing, but needed with S3_ENDPOINT and/,
    },
    {
      source: { S3_BUCKET: 'courses', S3_REGION: 'auto', S3_SECRET_ACCESS_KEY: 'secret-key' },
      message: /: S3_ACCESS_KEY_ID: is missing, but needed with S3_SECRET_ACCESS_KEY$/,
    },
    {
      source: { S3_BUCKET: 'courses', S3_REGION: 'auto', S3_ACCESS_KEY_ID: 'secret-key' },
      message: /: S3_SECRET_ACCESS_KEY: is missing, but needed with S3_ACCESS_KEY_ID$/,
    },
  ])('refuses the half $source and says what is missing', ({ source, message }) => {
    const read = () => readEnv(source);

    expect(read).toThrow(message);
    expect(read).not.toThrow(/secret-key/);
  });
});

describe('documentation of the environment', () => {
  it.each(['.env.example', 'README.md'])('%s lists exactly the variables that are read', async (file) => {
    const text = await readFile(new URL(`../${file}`, import.meta.url), 'utf8');
    const pattern = file.endsWith('.md') ? /^\| `([A-Z0-9_]+)` \|/gm : /^([A-Z0-9_]+)=/gm;
    const listed = [...text.matchAll(pattern)].map((match) => match[1]);

    expect([...listed].sort()).toEqual([...envNames].sort());
  });
});
