import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callApi, getJson, startTestSimulator } from '../test-client.ts';
import { FaultPlan } from './fault-plan.ts';
import { defaultFaults, parseFaultArguments, parseFaults, switches } from './switches.ts';
import { parseWhen } from './when.ts';

describe('switches', () => {
  it('are read from a command line', () => {
    expect(parseFaultArguments(['rateLimit=3', 'status503=every:4,path:lectures', 'order=sorted'])).toEqual({
      rateLimit: 3,
      status503: 'every:4,path:lectures',
      order: 'sorted',
    });
  });

  it('that do not exist are refused with those that do', () => {
    const names = Object.keys(switches).join(', ');
    expect(() => parseFaults({ ratelimit: 3 })).toThrow(
      `Cannot set fault "ratelimit": there is no such switch, use one of ${names}`,
    );
    expect(() => parseFaults({ toString: 1 })).toThrow('no such switch');
  });

  it.each([
    ['rateLimit', '-1', 'a whole number, 0 or more'],
    ['rateLimitWindowMs', '0', 'a whole number, 1 or more'],
    ['envelopes', 'xml', 'wire or documented'],
    ['status500', 'sometimes', 'never, always, a fraction'],
    ['status500', 'call:0', 'call:N'],
    ['status500', 'call:9-3', 'call:N-M'],
    ['status500', '1.5', 'a fraction'],
  ])('say what they take: %s=%s', (name, value, accepted) => {
    expect(() => parseFaults({ [name]: value })).toThrow(accepted);
  });

  it('take their own defaults', () => {
    expect(parseFaults(defaultFaults())).toEqual(defaultFaults());
  });

  it('change together or not at all', () => {
    const plan = new FaultPlan(1, { delayMs: 5 });

    expect(() => plan.set({ delayMs: 7, delay: 'perhaps' })).toThrow('Cannot set fault "delay"');

    expect(plan.values.delayMs).toBe(5);
  });

  it('refuse a word without a value', () => {
    expect(() => parseFaultArguments(['status500'])).toThrow('write it as name=value');
  });
});

describe('when a fault strikes', () => {
  const strikes = (value: string, paths: readonly string[]) => {
    const plan = new FaultPlan(1, { status500: value });
    return paths.map((path) => plan.count('api', path).strikes('status500'));
  };

  it.each([
    ['always', [true, true, true, true]],
    ['never', [false, false, false, false]],
    ['call:2', [false, true, false, false]],
    ['call:2-3', [false, true, true, false]],
    ['every:2', [false, true, false, true]],
    ['first:1', [true, true, false, false]],
    ['path:/a', [true, false, true, false]],
    ['path:/a,call:3', [false, false, true, false]],
    ['path:/x|/b', [false, true, false, true]],
  ])('%s', (value, expected) => {
    expect(strikes(value, ['/a', '/b', '/a', '/b'])).toEqual(expected);
  });

  it('does not depend on the order of calls when it is left to chance', () => {
    const paths = Array.from({ length: 60 }, (_, index) => `/v1/courses/${index}`);
    fc.assert(
      fc.property(fc.integer(), fc.shuffledSubarray(paths, { minLength: 60 }), (seed, order) => {
        const struck = (list: readonly string[]) => {
          const plan = new FaultPlan(seed, { status500: '0.5' });
          return new Set(list.filter((path) => plan.count('api', path).strikes('status500')));
        };
        expect(struck(order)).toEqual(struck(paths));
      }),
    );
  });

  it('comes about as often as its fraction says', () => {
    const when = parseWhen('0.2');
    const struck = Array.from({ length: 5_000 }, (_, index) =>
      when?.({ seed: 9, name: 'delay', path: `/v1/courses/${index}`, call: index, repeat: 1 }),
    ).filter((hit) => hit);

    expect(struck.length / 5_000).toBeCloseTo(0.2, 1);
  });
});

describe('faults of the API', () => {
  it.each([500, 502, 503, 504] as const)('answer %i with an HTML page, then recover', async (status) => {
    const simulator = await startTestSimulator({ faults: { [`status${status}`]: 'first:1' } });

    const broken = await callApi(simulator, '/courses');
    const recovered = await callApi(simulator, '/courses');

    expect(broken).toMatchObject({ status, body: expect.stringContaining('<!DOCTYPE html>') });
    expect(broken.headers['content-type']).toContain('text/html');
    expect(recovered.status).toBe(200);
  });

  it('answer 200 with an HTML page', async () => {
    const simulator = await startTestSimulator({ faults: { htmlBody: 'call:1' } });

    expect(await callApi(simulator, '/courses')).toMatchObject({
      status: 200,
      body: expect.stringContaining('<html>'),
    });
  });

  it('cut the JSON in the middle', async () => {
    const simulator = await startTestSimulator({ faults: { truncatedJson: 'call:1' } });

    const truncated = await callApi(simulator, '/courses');
    const whole = await callApi(simulator, '/courses');

    expect(truncated.status).toBe(200);
    expect(whole.body.startsWith(truncated.body)).toBe(true);
    expect(() => JSON.parse(truncated.body)).toThrow(SyntaxError);
  });

  it('close the connection without an answer', async () => {
    const simulator = await startTestSimulator({ faults: { connectionReset: 'call:1' } });

    await expect(callApi(simulator, '/courses')).rejects.toThrow();
    expect((await callApi(simulator, '/courses')).status).toBe(200);
    expect(simulator.calls.map(({ status }) => status)).toEqual([0, 200]);
  });

  it('hold the answer back', async () => {
    const simulator = await startTestSimulator({ faults: { delay: 'path:/510001', delayMs: 300 } });
    const order: string[] = [];

    await Promise.all([
      callApi(simulator, '/courses/510001').then(() => order.push('delayed')),
      callApi(simulator, '/courses/510003').then(() => order.push('prompt')),
    ]);

    expect(order).toEqual(['prompt', 'delayed']);
  });
});

describe('faults of videos', () => {
  it('leave a video unready or without a URL', async () => {
    const path = '/courses/510001/lectures/930001/videos/7700021';
    const simulator = await startTestSimulator({
      faults: { videoNotReady: 'call:1', videoUrlMissing: 'call:2' },
    });

    const [unready, missing, ready] = [
      await getJson(simulator, path),
      await getJson(simulator, path),
      await getJson(simulator, path),
    ];

    expect(unready.body.video).toMatchObject({
      status: 'PROCESSING',
      video_asset: null,
      media_duration: null,
    });
    expect(missing.body.video).toMatchObject({ status: 'READY', video_asset: { url: null } });
    expect(ready.body.video).toMatchObject({ status: 'READY', media_duration: 8, media_type: 'VIDEO' });
  });
});
