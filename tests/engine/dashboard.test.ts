import { describe, expect, it } from 'vitest';
import { startTestBed } from '../contracts/engine-app.ts';

const hostile = '<script>alert(1)</script>';

describe('the pages of the engine', () => {
  it('show functions, runs, steps and errors, with everything escaped', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'shown', name: hostile, retries: 1, triggers: [{ event: 'shop/shown' }] },
          async ({ step }) => {
            await step.run(hostile, () => ({ hostile }));
            await step.run('broken', () => {
              throw new Error(hostile);
            });
          },
        ),
      ],
    });
    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/shown', data: { hostile } }));

    const overview = await (await fetch(bed.engine.url)).text();
    const detail = await (await fetch(`${bed.engine.url}/runs/${run?.run_id}`)).text();
    const missing = await fetch(`${bed.engine.url}/runs/nope`);

    expect(overview).toContain('shop-shown');
    expect(overview).toContain(`/runs/${run?.run_id}`);
    expect(detail).toContain('&lt;script&gt;');
    expect(detail).toContain('broken');
    expect(detail).toContain('2 attempts');
    expect(`${overview}${detail}`).not.toContain('<script>');
    expect(missing.status).toBe(404);
  });

  it('are closed in signed mode, and a token opens them once and for all', async () => {
    const functions: Parameters<typeof startTestBed>[0]['functions'] = (client) => [
      client.createFunction({ id: 'x', triggers: [{ event: 'shop/x' }] }, async () => null),
    ];
    const closed = await startTestBed({ signed: true, functions });
    const open = await startTestBed({ signed: true, functions, engine: { dashboardToken: 'let-me-in' } });
    const get = (path: string, cookie = '') =>
      fetch(new URL(path, open.engine.url), { redirect: 'manual', headers: { cookie } });

    const withToken = await get('/runs/nope?token=let-me-in');
    const cookie = withToken.headers.get('set-cookie') ?? '';

    expect((await fetch(closed.engine.url)).status).toBe(401);
    expect((await get('/')).status).toBe(401);
    expect((await get('/?token=wrong')).status).toBe(401);
    expect([withToken.status, withToken.headers.get('location')]).toEqual([303, '/runs/nope']);
    expect(cookie).toContain('HttpOnly');
    expect((await get('/', cookie.split(';')[0])).status).toBe(200);
  });
});
