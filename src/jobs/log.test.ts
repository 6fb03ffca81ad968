import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindRunLog, createLogger, type LogOptions } from './log.ts';
import { isSecretField, redactJson, redactText } from './redact.ts';

function logInto(options: LogOptions = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLogger({ level: 'debug', ...options, destination }) };
}

const secret = 's3cr3tValue0123456789';

describe('a log line', () => {
  it('is one JSON object with time in UTC, level and message', () => {
    const { lines, log } = logInto();

    log.info({ runId: 'r1' }, 'Run started');

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      runId: 'r1',
      msg: 'Run started',
    });
  });

  it.each([
    ['a key in a header', { headers: { authorization: `Bearer ${secret}` } }],
    ['a key in a field', { school: { apiKey: secret } }],
    ['a header of the source', { request: { headers: [{ 'x-api-key': secret }] } }],
    ['a signed URL', { url: `https://cdn.example.com/v.m3u8?hdnts=st=1~hmac=${secret}` }],
    [
      'a signature in a URL',
      { err: new Error(`GET https://s3.example/x?X-Amz-Signature=${secret}&a=1 answered 403`) },
    ],
    ['a token without its URL', { reason: `expired: hdnts=exp=9~acl=/*~hmac=${secret}` }],
    ['a token in a text', { reason: `token=${secret}` }],
    ['a signature in a text', { reason: `Signature=${secret}&Policy=x` }],
    ['a key in JSON in a text', { body: JSON.stringify({ api_key: secret }) }],
    ['a signing key', { reason: `wrong key signkey-prod-${secret}` }],
    ['an event key', { reason: `POST http://127.0.0.1:8288/e/${secret} failed` }],
    ['a password', { url: `postgres://courseport:${secret}@127.0.0.1:5432/courseport` }],
    ['a fragment', { url: `https://example.com/callback#access_token=${secret}` }],
    ['a cause', { err: new Error('outer', { cause: new Error(`apiKey: ${secret}`) }) }],
  ])('does not tell %s', (_what, fields) => {
    const { lines, log } = logInto();

    log.error(fields, 'Something failed');
    log.error(`Something failed: ${JSON.stringify(fields)}`);

    expect(lines.join('')).not.toContain(secret);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: 'error' });
  });

  it('does not tell a known secret, wherever it stands', () => {
    const { lines, log } = logInto({ secrets: [secret] });

    log.info({ [`a ${secret}`]: 1, list: [`x${secret}y`] }, `hello ${secret}`);

    expect(lines.join('').replace(`a ${secret}`, '')).not.toContain(secret);
  });

  it('keeps what is no secret', () => {
    const text = 'Cannot read GET /v1/courses/7/lectures/9: the API answered 503, next try in 2000 ms';

    expect(redactText(text)).toBe(text);
    expect(isSecretField('itemKind') || isSecretField('tokens') || isSecretField('monkey')).toBe(false);
  });
});

describe('redaction', () => {
  const key = fc.constantFrom(
    'apiKey',
    'api_key',
    'Authorization',
    'token',
    'access_token',
    'signingKey',
    'cookie',
  );
  const noise = fc.string({ unit: 'grapheme' });

  it('leaves valid JSON with the same fields, whatever the texts', () => {
    fc.assert(
      fc.property(fc.dictionary(noise, noise), (fields) => {
        const clean: unknown = JSON.parse(redactJson(JSON.stringify(fields)));

        expect(Object.keys(clean as object).sort()).toEqual(
          Object.keys(JSON.parse(JSON.stringify(fields))).sort(),
        );
      }),
    );
  });

  it('removes a secret field at any depth', () => {
    fc.assert(
      fc.property(key, fc.array(fc.constantFrom('a', 'b', 'headers'), { maxLength: 4 }), (name, path) => {
        const nested = path.reduce<unknown>((inner, step) => ({ [step]: [inner] }), { [name]: secret });

        expect(redactJson(JSON.stringify(nested))).not.toContain(secret);
      }),
    );
  });

  it('removes every query of a URL in a text', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.webQueryParameters(), noise, (url, query, around) => {
        const clean = redactText(`${around} ${url}?sig=${secret}&${query} ${around}`);

        expect(clean).not.toContain(secret);
      }),
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(noise, key, (text, name) => {
        const once = redactText(`${text} ${name}=${secret} https://a.example/b?c=${text}`);

        expect(redactText(once)).toBe(once);
      }),
    );
  });
});

describe('a run’s log', () => {
  it('is silent while its scope is closed, children included', () => {
    const { lines, log } = logInto();
    const scope = { open: false, step: undefined };
    const runLog = bindRunLog(log, { runId: 'r1' }, scope);
    const child = runLog.child({ lessonId: 'les_1' });

    child.info('replayed');
    scope.open = true;
    child.info('new');

    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'new', runId: 'r1', lessonId: 'les_1' },
    ]);
  });

  it('names the step that runs', () => {
    const { lines, log } = logInto();
    const scope: { open: boolean; step: string | undefined } = { open: true, step: 'read-lesson' };
    const runLog = bindRunLog(log, {}, scope);

    runLog.info('inside');
    scope.step = undefined;
    runLog.info('between');

    expect(lines.map((line) => JSON.parse(line).step)).toEqual(['read-lesson', undefined]);
  });
});
