import type { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { GetStepTools, Inngest, InngestFunction } from 'inngest';
import type { Journal } from './journal.ts';

/** Calls that a concurrency key may have at once. */
const limit = 2;
/** Long enough for a kill to hit runs in the middle. */
const stepMs = 40;
/** A kill in the middle of a call costs an attempt. */
const retries = 15;

/** How the runs of each kind of event have to end. The event `chaos/<kind>` starts the function of that name. */
export const outcomes = {
  chain: 'completed',
  plain: 'completed',
  parallel: 'completed',
  nap: 'completed',
  flaky: 'completed',
  limited: 'completed',
  throttled: 'completed',
  waiter: 'completed',
  invoker: 'completed',
  batched: 'completed',
  debounced: 'completed',
  doomed: 'failed',
  sleeper: 'cancelled',
} as const;

export type Kind = keyof typeof outcomes;
export const kinds = Object.keys(outcomes) as readonly Kind[];

type Work = (step: string, work?: () => unknown) => Promise<void>;

/** Functions that write down what they do. */
export function chaosFunctions(
  client: Inngest,
  journal: Journal,
  calls: AsyncLocalStorage<ServerResponse>,
): InngestFunction.Any[] {
  const on = (kind: Kind) => [{ event: `chaos/${kind}` }];
  const enter = crowdGuard(journal, calls);

  const callee = client.createFunction(
    // An event that nobody sends: it is only invoked.
    { id: 'callee', triggers: [{ event: 'chaos/callee' }], retries },
    async ({ event, step }) => {
      await stepper(journal, `callee ${event.data.n}`, step)('a');
    },
  );

  return [
    callee,
    client.createFunction({ id: 'chain', triggers: on('chain'), retries }, async ({ event, step }) => {
      const work = stepper(journal, `chain ${event.data.n}`, step);
      for (const name of ['a', 'b', 'c', 'd', 'e']) await work(name);
    }),
    client.createFunction(
      { id: 'plain', triggers: on('plain'), retries, checkpointing: false },
      async ({ event, step }) => {
        const work = stepper(journal, `plain ${event.data.n}`, step);
        for (const name of ['a', 'b', 'c']) await work(name);
      },
    ),
    client.createFunction({ id: 'parallel', triggers: on('parallel'), retries }, async ({ event, step }) => {
      const work = stepper(journal, `parallel ${event.data.n}`, step);
      await work('before');
      await Promise.all(['a', 'b', 'c'].map((name) => work(name)));
      await work('after');
    }),
    client.createFunction({ id: 'nap', triggers: on('nap'), retries }, async ({ event, step }) => {
      const work = stepper(journal, `nap ${event.data.n}`, step);
      await work('before');
      await step.sleep('nap', '1s');
      await work('after');
    }),
    client.createFunction(
      { id: 'flaky', triggers: on('flaky'), retries },
      async ({ event, step, attempt }) => {
        const work = stepper(journal, `flaky ${event.data.n}`, step);
        await work('a', () => {
          if (attempt < 2) throw new Error('not yet');
        });
        await work('b');
      },
    ),
    client.createFunction(
      { id: 'limited', triggers: on('limited'), retries, concurrency: { limit, key: 'event.data.key' } },
      async ({ event, step }) => {
        const run = `limited ${event.data.n}`;
        enter(run, String(event.data.key));
        const work = stepper(journal, run, step);
        await work('a', () => delay(20));
        await work('b');
      },
    ),
    client.createFunction(
      {
        id: 'throttled',
        triggers: on('throttled'),
        retries,
        throttle: { limit: 20, period: '1s', key: 'event.data.key' },
      },
      async ({ event, step }) => {
        await stepper(journal, `throttled ${event.data.n}`, step)('a');
      },
    ),
    client.createFunction({ id: 'waiter', triggers: on('waiter'), retries }, async ({ event, step }) => {
      const work = stepper(journal, `waiter ${event.data.n}`, step);
      await work('before');
      await step.waitForEvent('wait', { event: 'chaos/answer', match: 'data.n', timeout: '1h' });
      await work('after');
    }),
    client.createFunction({ id: 'invoker', triggers: on('invoker'), retries }, async ({ event, step }) => {
      const work = stepper(journal, `invoker ${event.data.n}`, step);
      await work('before');
      await step.invoke('call', { function: callee, data: { n: event.data.n } });
      await work('after');
    }),
    client.createFunction(
      { id: 'batched', triggers: on('batched'), retries, batchEvents: { maxSize: 3, timeout: '1s' } },
      async ({ events, step, runId }) => {
        const work = stepper(journal, `batched ${runId}`, step);
        for (const [place] of events.entries()) await work(`event-${place}`);
      },
    ),
    client.createFunction(
      {
        id: 'debounced',
        triggers: on('debounced'),
        retries,
        debounce: { period: '1s', key: 'string(event.data.n)' },
      },
      async ({ event, step }) => {
        await stepper(journal, `debounced ${event.data.n}`, step)('a');
      },
    ),
    client.createFunction(
      {
        id: 'doomed',
        triggers: on('doomed'),
        retries: 1,
      },
      async ({ event, step }) => {
        await stepper(
          journal,
          `doomed ${event.data.n}`,
          step,
        )('a', () => {
          throw new Error('never');
        });
      },
    ),
    client.createFunction(
      // What an SDK makes of `onFailure`.
      {
        id: 'doomed-failure',
        triggers: [{ event: 'inngest/function.failed', if: "event.data.function_id == 'chaos-doomed'" }],
        retries,
      },
      async ({ event, step }) => {
        await stepper(journal, `doomed ${event.data.event.data?.n} failure`, step)('tell');
      },
    ),
    client.createFunction(
      {
        id: 'sleeper',
        triggers: on('sleeper'),
        retries,
        cancelOn: [{ event: 'chaos/cancel', match: 'data.n' }],
      },
      async ({ event, step }) => {
        await stepper(journal, `sleeper ${event.data.n}`, step)('before');
        await step.sleep('long', '1h');
      },
    ),
  ];
}

/** Runs steps of a function and writes down when one begins, and when it is certain that its result is kept. */
function stepper(journal: Journal, run: string, tools: GetStepTools<Inngest>): Work {
  /** Steps that ran in this call. An SDK goes on at once and asks the engine to keep the result before the next step. */
  const unproven: string[] = [];
  return async (step, work = () => delay(stepMs)) => {
    let isNew = false;
    await tools.run(step, async () => {
      isNew = true;
      for (const kept of unproven.splice(0)) journal({ did: 'saw', run, step: kept });
      journal({ did: 'began', run, step });
      await work();
    });
    if (isNew) unproven.push(step);
    else journal({ did: 'saw', run, step });
  };
}

/**
 * Watches how many calls of a key are open. A call whose connection is gone does not count: the engine that made it is dead,
 * and its successor cannot know of it.
 */
function crowdGuard(
  journal: Journal,
  calls: AsyncLocalStorage<ServerResponse>,
): (run: string, key: string) => void {
  const open = new Map<string, Set<ServerResponse>>();
  return (run, key) => {
    const response = calls.getStore();
    if (response === undefined) throw new Error('Cannot watch a call: it is not known');
    const others = open.get(key) ?? new Set();
    open.set(key, others);
    if (others.has(response)) return;
    others.add(response);
    if (others.size > limit) journal({ did: 'crowded', run, step: key });
    for (const end of ['finish', 'close']) response.once(end, () => others.delete(response));
  };
}
