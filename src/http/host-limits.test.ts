import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../tests/support/http-server.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { HostLimits, nextLimit } from './host-limits.ts';

describe('nextLimit', () => {
  it('allows one more when as many as are allowed have gone well, and half of them after an overload', () => {
    let limit = 4;
    for (let request = 0; request < 4; request++) limit = nextLimit(limit, 'well');

    expect(limit).toBe(5);
    expect(nextLimit(limit, 'overloaded')).toBe(2.5);
  });

  it('stays between one and eight', () => {
    let highest = 1;
    for (let request = 0; request < 1_000; request++) highest = nextLimit(highest, 'well');

    expect(highest).toBe(8);
    expect(nextLimit(1, 'overloaded')).toBe(1);
  });
});

describe('HostLimits', () => {
  it('lets half as many requests in at once after the server refused, and none while it asks for a pause', async () => {
    let refuses = true;
    let busy = 0;
    let most = 0;
    const held: Array<() => void> = [];
    const port = await serveHttp((_request, response) => {
      most = Math.max(most, ++busy);
      held.push(() => {
        busy--;
        if (refuses) response.writeHead(429, { 'retry-after': '60' });
        response.end('x');
      });
    });
    const http = createGuardedFetch({ allowedPrivateHosts: [`127.0.0.1:${port}`], userAgent: 'test/1' });
    onTestFinished(() => http.close());
    let nowMs = 1_000_000;
    const limits = new HostLimits(() => nowMs);
    const ask = async () => {
      const url = `http://127.0.0.1:${port}/`;
      const slot = await limits.enter(url);
      try {
        const answer = await http.request(url);
        slot.answered(answer);
        for await (const _chunk of answer.body);
        return answer.status;
      } finally {
        slot.leave();
      }
    };
    const release = () => {
      for (const answer of held.splice(0)) answer();
    };

    const first = [1, 2, 3, 4].map(ask);
    const fifth = ask();
    fifth.catch(() => {});
    await waitFor(() => held.length === 4, { what: 'four requests' });
    release();
    expect(await Promise.all(first)).toEqual([429, 429, 429, 429]);
    await expect(fifth).rejects.toMatchObject({ code: 'ASSET_RATE_LIMITED', retry: { afterMs: 60_000 } });
    expect(most).toBe(4);

    nowMs += 60_000;
    refuses = false;
    most = 0;
    const second = Promise.all([1, 2, 3, 4].map(ask));
    let done = false;
    void second.finally(() => {
      done = true;
    });
    const releaseAll = () => {
      release();
      return done;
    };
    await waitFor(releaseAll, { what: 'all requests to end' });
    expect(await second).toEqual([200, 200, 200, 200]);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('gives up waiting when it is aborted', async () => {
    const limits = new HostLimits();
    const slots = await Promise.all([1, 2, 3, 4].map(() => limits.enter('http://a.example/')));
    const stop = new AbortController();

    const waiting = limits.enter('http://a.example/', stop.signal);
    stop.abort(new Error('stopped'));

    await expect(waiting).rejects.toThrow('stopped');
    for (const slot of slots) slot.leave();
    (await limits.enter('http://a.example/')).leave();
  });
});
