import { NextRequest } from 'next/server';
import { expect, it } from 'vitest';

const url = 'http://127.0.0.1:3000/api/inngest?fnId=courseport-platform-sweep-outbox&stepId=step';

it('can be imported without any key, as a build does, and then runs nothing', async () => {
  for (const name of ['INNGEST_DEV', 'INNGEST_EVENT_KEY', 'INNGEST_SIGNING_KEY']) delete process.env[name];
  process.env.LOG_LEVEL = 'silent';
  const route = await import('./route.ts');

  const answer = await route.POST(new NextRequest(url, { method: 'POST', body: '{}' }), undefined);

  expect(answer.status).toBe(500);
});

it('serves the three methods of the protocol, by Node.js and never from a cache', async () => {
  const route = await import('./route.ts');

  expect(Object.keys(route).toSorted()).toEqual(['GET', 'POST', 'PUT', 'dynamic', 'runtime']);
  expect(route).toMatchObject({ runtime: 'nodejs', dynamic: 'force-dynamic' });
});
