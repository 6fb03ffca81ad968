import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Inngest, InngestFunction } from 'inngest';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, query } from '../support/database.ts';
import { serveHttp } from '../support/http-server.ts';
import { startTestBed } from './engine-app.ts';

interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server somewhere, and an app that asks it through the engine. */
async function startBed(options: {
  answer(received: Received, response: ServerResponse, count: number): void;
  functions(client: Inngest, url: string): InngestFunction.Any[];
}) {
  const received: Received[] = [];
  const port = await serveHttp(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url: path, headers } = request;
    const last = { method, path, headers, body };
    received.push(last);
    options.answer(last, response, received.length);
  });
  const url = `http://127.0.0.1:${port}`;
  const { url: databaseUrl } = await createTestDatabase('empty');
  const bed = await startTestBed({
    engine: { databaseUrl },
    functions: (client) => options.functions(client, url),
  });
  return { ...bed, url, received, databaseUrl };
}

describe('step.fetch', () => {
  const asking = (client: Inngest, ask: (url: string) => [string, RequestInit?], url: string) =>
    client.createFunction({ id: 'ask', retries: 2, triggers: [{ event: 'shop/ask' }] }, async ({ step }) => {
      const response = await step.fetch(...ask(url));
      return { status: response.status, text: await response.text(), header: response.headers.get('x-own') };
    });

  it('is done by the engine, with method, headers and body, whatever the status of the answer', async () => {
    const bed = await startBed({
      answer: (_, response) => response.writeHead(418, { 'x-own': 'tea' }).end('I am a teapot ü'),
      functions: (client, url) => [
        asking(
          client,
          () => [`${url}/pot?a=1`, { method: 'PUT', headers: { 'X-Kind': 'earl' }, body: 'leaves' }],
          url,
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/ask' }));

    expect(run?.output).toEqual({ status: 418, text: 'I am a teapot ü', header: 'tea' });
    expect(bed.received).toMatchObject([
      { method: 'PUT', path: '/pot?a=1', headers: { 'x-kind': 'earl' }, body: 'leaves' },
    ]);
  });

  it('takes compressed and empty answers', async () => {
    const bed = await startBed({
      answer: ({ path }, response) => {
        if (path === '/empty') response.writeHead(204).end();
        else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('small'));
      },
      functions: (client, url) => [
        client.createFunction({ id: 'both', triggers: [{ event: 'shop/ask' }] }, async ({ step }) => {
          const answers = [await step.fetch(`${url}/zip`), await step.fetch(`${url}/empty`)];
          return await Promise.all(answers.map((answer) => answer.text()));
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/ask' }));

    expect(run).toMatchObject({ status: 'Completed', output: ['small', ''] });
  });

  it('is tried again when the connection breaks, and fails the step in the end', async () => {
    const bed = await startBed({
      answer: (_, response) => void response.destroy(),
      functions: (client, url) => [asking(client, () => [url], url)],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/ask' }));

    expect(run?.status).toBe('Failed');
    expect(JSON.stringify(run?.output)).toContain('Error making gateway request: ');
    expect(bed.received).toHaveLength(3);
  });

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'nonsense'])('refuses %s at once', async (url) => {
    const bed = await startBed({
      answer: (_, response) => void response.end(),
      functions: (client) => [
        client.createFunction({ id: 'bad', triggers: [{ event: 'shop/ask' }] }, async ({ step }) =>
          step.fetch(url).catch((error: Error) => error.message),
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/ask' }));

    expect(JSON.stringify(run?.output)).toMatch(/URL/);
  });
});

describe('step.ai.infer', () => {
  const inferring = (client: Inngest, url: string) =>
    client.createFunction({ id: 'infer', retries: 2, triggers: [{ event: 'shop/ask' }] }, async ({ step }) =>
      step.ai.infer('think', {
        model: step.ai.models.openai({ model: 'gpt-4o', apiKey: 'sk-very-secret', baseUrl: url }),
        body: { messages: [{ role: 'user', content: 'Hello' }] },
      }),
    );

  it('asks the provider with its key and gives the JSON that it answers, after a retry', async () => {
    const bed = await startBed({
      answer: (_, response, count) => {
        if (count === 1) response.writeHead(429, { 'content-type': 'text/plain' }).end('slow down');
        else response.writeHead(200).end(JSON.stringify({ choices: [{ text: 'Hi' }] }));
      },
      functions: (client, url) => [inferring(client, url)],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/ask' }));

    expect(run).toMatchObject({ status: 'Completed', output: { choices: [{ text: 'Hi' }] } });
    expect(bed.received).toHaveLength(2);
    expect(bed.received[1]).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer sk-very-secret', 'content-type': 'application/json' },
    });
    expect(JSON.parse(bed.received[1]?.body ?? '')).toMatchObject({ model: 'gpt-4o' });
  });

  it('keeps the key out of everything that is stored for people, and nothing of it when it is done', async () => {
    const bed = await startBed({
      answer: (_, response) => response.writeHead(500).end('no'),
      functions: (client, url) => [inferring(client, url)],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/ask' }));

    const stored = await query(bed.databaseUrl, 'select s::text as row from engine.steps s');
    expect(run?.status).toBe('Failed');
    expect(stored).toHaveLength(1);
    expect(JSON.stringify(stored)).toContain('Hello');
    expect(JSON.stringify([stored, run])).not.toContain('sk-very-secret');
    expect(await query(bed.databaseUrl, 'select * from engine.waits')).toEqual([]);
  });
});
