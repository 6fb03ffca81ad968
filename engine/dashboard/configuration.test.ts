import { describe, expect, it } from 'vitest';
import { toRegisteredFunction } from '../registry/registered-function.ts';
import { validateFunction } from '../registry/validate.ts';
import { configurationFacts, startersOf } from './configuration.ts';
import { html, type Part } from './html.ts';

function config(settings: object) {
  return validateFunction({
    id: 'shop-paid',
    name: 'Paid',
    steps: { step: { runtime: { type: 'http', url: 'http://127.0.0.1:1/' } } },
    ...settings,
  });
}

function registered(settings: object) {
  const identity = { id: 'f', appId: 'a', appName: 'shop', version: 1, isArchived: false };
  return toRegisteredFunction(identity, config(settings));
}

function textOf(part: Part): string {
  return html`${part}`.text.replaceAll(/<\/li><li>/g, '; ').replaceAll(/<[^>]+>/g, '');
}

describe('the configuration of a function', () => {
  it('is told in words, as far as there is any', () => {
    const facts = configurationFacts(
      config({
        concurrency: [
          { limit: 5, key: 'event.data.shop' },
          { limit: 1, key: '"all"', scope: 'env' },
        ],
        throttle: { limit: 10, period: '1m', burst: 2 },
        rateLimit: { limit: 1, period: '1h', key: 'event.data.id' },
        debounce: { period: '30s', timeout: '5m' },
        priority: { run: 'event.data.urgency' },
        singleton: { mode: 'skip' },
        timeouts: { start: '10m' },
        cancel: [{ event: 'shop/refunded', if: 'event.data.id == async.data.id', timeout: '1d' }],
      }),
    );

    const told = Object.fromEntries(
      facts.filter(([, value]) => value !== null).map(([name, value]) => [name, textOf(value)]),
    );

    expect(told).toEqual({
      Retries: 'up to 4',
      Concurrency:
        '5 steps at a time, for each event.data.shop; 1 step at a time, for each &quot;all&quot;, shared by all functions',
      Throttle: '10 starts in 1 min, 2 more at once',
      'Rate limit': '1 start in 1 h, more are dropped, for each event.data.id',
      Debounce: '30 s after the last event, at most 5 min after the first',
      Priority: 'earlier by event.data.urgency seconds',
      Singleton: 'one run at a time, more are skipped',
      'Has to start': 'within 10 min',
      'Cancelled by': 'shop/refunded if event.data.id == async.data.id, within 1 d',
    });
  });

  it('names what starts it', () => {
    const triggers = [
      { event: 'shop/paid', expression: 'event.data.total > 0' },
      { cron: '0 6 * * *', jitter: '30s' },
    ];

    expect(textOf(startersOf(registered({ triggers })))).toBe(
      'shop/paid if event.data.total &gt; 0; 0 6 * * *, up to 30 s later',
    );
    expect(textOf(startersOf(registered({ triggers: [] })))).toBe('invoking it');
  });
});
