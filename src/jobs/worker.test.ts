import { beforeAll, describe, expect, it } from 'vitest';
import type { Worker } from './worker.ts';

let startWorker: typeof import('./worker.ts').startWorker;

beforeAll(async () => {
  process.env.INNGEST_BASE_URL = 'http://127.0.0.1:9';
  process.env.INNGEST_EVENT_KEY = 'eventkey-test';
  process.env.INNGEST_SIGNING_KEY = 'signkey-test-00ff00ff';
  process.env.LOG_LEVEL = 'silent';
  ({ startWorker } = await import('./worker.ts'));
});

async function withWorker(use: (worker: Worker) => Promise<void>): Promise<void> {
  const worker = await startWorker({ jobs: [], port: 0 });
  try {
    await use(worker);
  } finally {
    await worker.stop();
  }
}

describe('the worker', () => {
  it('listens on loopback and tells where', () =>
    withWorker(async ({ url, port }) => {
      expect(url).toBe(`http://127.0.0.1:${port}/api/inngest`);
      expect(port).toBeGreaterThan(0);
    }));

  it.each(['POST', 'PUT', 'GET'])('does nothing for who does not sign a %s', (method) =>
    withWorker(async ({ url }) => {
      const body = method === 'GET' ? null : '{}';

      const response = await fetch(`${url}?fnId=courseport-x&stepId=step`, { method, body });

      expect(response.status).toBe(401);
    }),
  );

  it('serves nothing else', () =>
    withWorker(async ({ url }) => {
      expect((await fetch(new URL('/', url))).status).toBe(404);
    }));

  it('does not listen any more once stopped', async () => {
    const worker = await startWorker({ jobs: [], port: 0 });
    await fetch(worker.url);

    await worker.stop();

    await expect(fetch(worker.url)).rejects.toThrow('fetch failed');
  });

  it('says that its port is taken', () =>
    withWorker(async ({ port }) => {
      await expect(startWorker({ jobs: [], port })).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: `Cannot serve jobs on 127.0.0.1:${port}: it is taken, choose another`,
      });
    }));
});
