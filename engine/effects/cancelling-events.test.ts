import { describe, expect, it } from 'vitest';
import { compileExpression, type Expression } from '../expressions/expression.ts';
import { newId } from '../protocol/ids.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { RunningRun } from '../store/running-runs.ts';
import type { Arrival } from './arrivals.ts';
import { CancellingEvents } from './cancelling-events.ts';

const values = [null, true, 0, 1, 1.5, '', '1', 'x', [1], {}];

describe('events that cancel runs', () => {
  it.each([
    'event.data.user == async.data.user',
    'async.data.user == 1 && event.data.user != 0',
    'event.data.user == async.data.user || async.data.user == 1',
    'event.data.user + 1 == async.data.user',
    'async.data.user > event.data.user',
    'async.data.none == event.data.none && async.data.user == event.data.user',
  ])('are those for which it is true that %s', (text) => {
    const expression = compileExpression(text, ['event', 'async']);
    const runs = values.map(newRun);
    const arrivals = values.map(newArrival);

    const found = arrivals.map((arrival) => {
      const events = new CancellingEvents({ cancels: [rule(expression)] }, [arrival]);
      return runs.filter((run) => events.cancel(run));
    });
    const all = new CancellingEvents({ cancels: [rule(expression)] }, arrivals);

    const expected = arrivals.map(({ value }) =>
      runs.filter(({ payload }) => expression.isTrue({ event: JSON.parse(payload), async: value })),
    );
    expect(found).toEqual(expected);
    expect(runs.filter((run) => all.cancel(run))).toEqual(
      runs.filter((run) => expected.flat().includes(run)),
    );
  });

  it('are not those of another name, before the run, after the time of the rule, or the one that triggered it', () => {
    const run = newRun(1);
    const arrival = newArrival(1);
    const timed = { ...rule(null), timeoutMs: 1_000 };
    const cancels = (changes: Partial<Arrival>, own = rule(null)) =>
      new CancellingEvents({ cancels: [own] }, [{ ...arrival, ...changes }]).cancel(run);

    expect(cancels({})).toBe(true);
    expect(cancels({ name: 'other/stop' })).toBe(false);
    expect(cancels({ beforeId: '0' })).toBe(false);
    expect(cancels({ eventId: run.eventId })).toBe(false);
    expect(cancels({ receivedAtMs: Date.now() + 10_000 }, timed)).toBe(false);
    expect(cancels({ receivedAtMs: Date.now() - 10_000 }, timed)).toBe(true);
  });

  it('are compared only with the runs whose value they have', () => {
    const { tree, ...compiled } = compileExpression('event.data.user == async.data.user', ['event', 'async']);
    let compared = 0;
    const expression: Expression = {
      ...compiled,
      tree,
      isTrue(scope) {
        compared += 1;
        return compiled.isTrue(scope);
      },
    };
    const runs = Array.from({ length: 500 }, (_, user) => newRun(user));
    const arrivals = Array.from({ length: 200 }, (_, user) => newArrival(user));
    const events = new CancellingEvents({ cancels: [rule(expression)] }, arrivals);

    expect(runs.filter((run) => events.cancel(run))).toEqual(runs.slice(0, 200));
    expect(compared).toBe(200);
  });
});

function rule(expression: Expression | null): RegisteredFunction['cancels'][number] {
  return { event: 'shop/*', expression, timeoutMs: null, untilMs: null };
}

function newRun(user: unknown): RunningRun {
  return { id: newId(), eventId: newId(), payload: JSON.stringify({ data: { user } }) };
}

function newArrival(user: unknown): Arrival {
  const value = { data: { user } };
  return {
    eventId: newId(),
    name: 'shop/stop',
    payload: JSON.stringify(value),
    value,
    receivedAtMs: Date.now(),
    beforeId: `Z${newId()}`,
  };
}
