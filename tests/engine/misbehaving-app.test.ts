import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EngineOptions, startEngine } from '../../engine/main.ts';
import { createTestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { testEngineOptions } from './engine-app.ts';
import { answerOf, type Behaviour, beginAnswer, startMisbehavingApp } from './misbehaving-app.ts';

const mebibyte = 1024 * 1024;

interface Case {
  readonly does: Behaviour;
  /** What the run's error says of it. */
  readonly says: RegExp;
  readonly name?: string;
}
type Cases = Readonly<Record<string, Case>>;

/** Does one after another; the last again and again. */
function inTurn(...behaviours: Behaviour[]): Behaviour {
  return (socket) => (behaviours.length > 1 ? behaviours.shift() : behaviours[0])?.(socket);
}

const cases: Cases = {
  garbage: { does: (socket) => socket.end('what?\r\n\r\n'), says: /connection broke.*(Expected HTTP|HTTP)/i },
  closes: { does: (socket) => socket.end(), says: /connection broke before the answer was complete/ },
  resets: { does: (socket) => socket.resetAndDestroy(), says: /connection broke.*ECONNRESET/ },
  'half-a-body': {
    does: (socket) => {
      beginAnswer(socket, 'content-length: 1000');
      socket.end('[{"op":');
    },
    says: /connection broke before the answer was complete/,
  },
  'half-a-chunk': {
    does: (socket) => {
      beginAnswer(socket, 'transfer-encoding: chunked');
      socket.end('ff\r\nabc');
    },
    says: /connection broke before the answer was complete/,
  },
  'no-json': { does: answerOf(206, 'hello'), says: /operations: the body is not JSON: hello/ },
  'no-ops': { does: answerOf(206, '{"a":1}'), says: /code "undefined" is unknown/ },
  'unknown-op': { does: answerOf(206, '[{"op":"Dance","id":"a"}]'), says: /code "Dance" is unknown/ },
  'no-id': { does: answerOf(206, '[{"op":"StepRun"}]'), says: /StepRun: it has no id/ },
  'too-deep': { does: answerOf(206, '['.repeat(2 * mebibyte)), says: /the body is not JSON/ },
  infinite: { does: answerOf(200, '1e999'), says: /not a finite number/ },
  compressed: {
    does: answerOf(200, gzipSync('null'), 'content-encoding: gzip\r\n'),
    says: /content-encoding is "gzip", it has to come uncompressed/,
  },
  'never-a-result': {
    does: inTurn(
      answerOf(206, '[{"op":"StepPlanned","id":"a"}]'),
      answerOf(206, '[{"op":"Sleep","id":"a","name":"1s"}]'),
    ),
    says: /asked to run it and answered without its result/,
  },
  'bad-stream': { does: answerOf(201, '   {"nothing":1}'), says: /streamed answer/ },
  'no-meaning': { does: answerOf(203, 'null'), says: /HTTP 203 has no meaning/ },
  'no-sdk': {
    does: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html>welcome'),
    says: /HTTP 200 without the header x-inngest-sdk.*<html>welcome/,
  },
  'bad-gateway': {
    does: (socket) => socket.end('HTTP/1.1 502 X\r\ncontent-length: 0\r\n\r\n'),
    says: /Your server returned HTTP 502 before the SDK responded/,
  },
  'not-modified': {
    does: (socket) => socket.end('HTTP/1.1 304 X\r\ncontent-length: 0\r\n\r\n'),
    says: /Your server returned HTTP 304 before the SDK responded/,
  },
  'continues-only': {
    does: (socket) => socket.end('HTTP/1.1 103 Hints\r\n\r\n'),
    says: /connection broke before the answer was complete/,
  },
  upgrades: {
    does: (socket) => socket.end('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    says: /connection broke before the answer was complete/,
  },
  'redirects-for-ever': {
    does: answerOf(307, '', 'location: /redirects-for-ever\r\n'),
    says: /redirects more than 5 times/,
  },
  'redirects-away': {
    does: answerOf(302, '', 'location: file:///etc/passwd\r\n'),
    says: /its location is no http or https URL/,
  },
  'redirects-nowhere': {
    does: answerOf(302, '', 'location: http://\r\n'),
    says: /its location is no http or https URL/,
  },
  'huge-headers': {
    does: answerOf(200, 'null', `x-large: ${'a'.repeat(100_000)}\r\n`),
    says: /connection broke before the answer was complete: Headers Overflow/,
  },
  endless: {
    does: (socket) => {
      beginAnswer(socket, 'transfer-encoding: chunked');
      const chunk = `${mebibyte.toString(16)}\r\n${' '.repeat(mebibyte)}\r\n`;
      const write = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', write);
      write();
    },
    name: 'output_too_large',
    says: /larger than 8388608 bytes/,
  },
  'says-it-is-large': {
    does: (socket) => {
      beginAnswer(socket, `content-length: ${100 * mebibyte}`);
      const chunk = Buffer.alloc(mebibyte, ' ');
      const write = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', write);
      write();
    },
    name: 'output_too_large',
    says: /larger than 8388608 bytes/,
  },
  'not-http': {
    does: (socket) => socket.end('HTTP/1.1 400 X\r\n\r\n'),
    name: 'TlsFailed',
    says: /TLS failed/,
  },
};

/** An app that takes too long. */
const slowCases: Cases = {
  trickles: {
    does: (socket) => {
      beginAnswer(socket, 'content-length: 100000');
      const timer = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(timer));
    },
    name: 'CallTimedOut',
    says: /took too long/,
  },
  silent: { does: () => undefined, name: 'CallTimedOut', says: /did not answer in time/ },
};

describe('an app that misbehaves', () => {
  it('fails the attempt with a message that helps, whatever it does', async () => {
    await expectFailures(cases, {});
  });

  it('fails the attempt when it takes too long', async () => {
    await expectFailures(slowCases, { callTimeoutMs: 500 });
  });
});

/** Has the engine call an app for each case, without retries, and looks at the errors of the runs. */
async function expectFailures(all: Cases, options: Partial<EngineOptions>): Promise<void> {
  const { url: databaseUrl } = await createTestDatabase('empty');
  const engine = await startEngine({ ...testEngineOptions(databaseUrl, false), ...options });
  onTestFinished(() => engine.stop());
  const behaviours = Object.fromEntries(Object.entries(all).map(([name, { does }]) => [name, does]));
  const port = await startMisbehavingApp(behaviours);
  const names = Object.keys(all);
  const post = async (path: string, body: unknown) => {
    const response = await fetch(engine.url + path, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as { ids: string[]; ok?: boolean };
  };
  const registered = await post('/fn/register', {
    url: `http://127.0.0.1:${port}/api`,
    appName: 'bad',
    functions: names.map((name) => ({
      id: `bad-${name}`,
      name,
      triggers: [{ event: `bad/${name}` }],
      steps: {
        step: {
          runtime: {
            type: 'http',
            url: `${name === 'not-http' ? 'https' : 'http'}://127.0.0.1:${port}/${name}`,
          },
          retries: { attempts: 0 },
        },
      },
    })),
  });
  const { ids } = await post(
    '/e/key',
    names.map((name) => ({ name: `bad/${name}` })),
  );

  const errors = await Promise.all(
    ids.map((id, index) =>
      waitFor(
        async () => {
          const response = await fetch(`${engine.url}/v1/events/${id}/runs`);
          const { data } = (await response.json()) as {
            data: { status: string; output: { name: string; message: string } }[];
          };
          return data[0]?.status === 'Failed' ? data[0].output : null;
        },
        { what: `the failure of "${names[index]}"` },
      ),
    ),
  );

  expect(registered.ok).toBe(true);
  for (const [index, { says, name }] of Object.values(all).entries()) {
    expect(errors[index]?.message, names[index]).toMatch(says);
    if (name !== undefined) expect(errors[index]?.name).toBe(name);
  }
}
