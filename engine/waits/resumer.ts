import { type Arrival, chunkByEvents, readArrivals } from '../effects/arrivals.ts';
import type { Executor } from '../executor/executor.ts';
import { compileExpression, type Expression } from '../expressions/expression.ts';
import { canonicalJson, isJsonObject } from '../protocol/canonical-json.ts';
import { dataMemo, errorMemo, failureMemo } from '../runs/memo.ts';
import type { Settlement } from '../runs/transition.ts';
import type { Database } from '../store/database.ts';
import { indexable } from '../store/indexable.ts';
import type { Effect } from '../store/rows.ts';
import {
  type EventWait,
  findEventWaits,
  findTrigger,
  findWaitPaths,
  type WaitCursor,
} from '../store/waits.ts';
import type { Writer } from '../store/writer.ts';
import { keyOf } from './event-match.ts';
import { readCorrelationId } from './invoke.ts';

const cursorsAtOnce = 50;
const waitsPerCursor = 50;
/** Each has its run with all its state in memory. */
const resumedAtOnce = 50;
const expressionsKept = 1_000;

/**
 * Resumes the steps that wait for an event, or for the end of a run that they invoked.
 *
 * A wait is looked up by the event's name and by the value that it demands, so that only few of many waits are looked at. It is
 * removed with the change that finishes its step: an effect that is carried out again finds it no more.
 */
export class Resumer {
  readonly #database: Database;
  readonly #executor: Executor;
  readonly #writer: Writer;
  readonly #expressions = new Map<string, Expression>();

  constructor(parts: { database: Database; executor: Executor; writer: Writer }) {
    this.#database = parts.database;
    this.#executor = parts.executor;
    this.#writer = parts.writer;
  }

  /** Carries out effects of the kind `resume`. */
  async carryOut(effects: readonly Effect[]): Promise<void> {
    for (const chunk of await chunkByEvents(this.#database, effects)) {
      const arrivals = await readArrivals(this.#database, chunk);
      for (const [name, group] of groupByName(arrivals)) await this.#resumeWaits(name, group);
      await this.#writer.commit({ doneEffects: chunk }, 'keep');
    }
  }

  /** Carries out effects of the kind `answer`: an invoking step does not wait until an event has resumed all other steps. */
  async answerInvokers(effects: readonly Effect[]): Promise<void> {
    for (const chunk of await chunkByEvents(this.#database, effects)) {
      const arrivals = await readArrivals(this.#database, chunk);
      await Promise.all(arrivals.map((event) => this.#resumeInvoker(event)));
      await this.#writer.commit({ doneEffects: chunk }, 'keep');
    }
  }

  async #resumeInvoker({ value, receivedAtMs }: Arrival): Promise<void> {
    const data = isJsonObject(value) && isJsonObject(value.data) ? value.data : {};
    const invoker = readCorrelationId(data.correlation_id);
    if (invoker !== null) await this.#executor.settle(invoker, outcomeOf(data), receivedAtMs);
  }

  /** @param arrivals events of one name in the order in which they were received: the first that matches a wait resumes it */
  async #resumeWaits(name: string, arrivals: readonly Arrival[]): Promise<void> {
    const paths = await findWaitPaths(this.#database, indexable(name));
    const arrivalsByKey = new Map<string, Arrival[]>();
    let cursors: WaitCursor[] = [];
    for (const path of paths) {
      for (const arrival of arrivals) {
        const key = path === '' ? { path, valueHash: '' } : keyOf(path, arrival.value);
        if (key === null) continue;
        const same = arrivalsByKey.get(keyText(key));
        if (same === undefined) cursors.push({ ...key, afterRunId: '', afterStepId: '' });
        arrivalsByKey.set(keyText(key), [...(same ?? []), arrival]);
      }
    }
    while (cursors.length > 0) {
      const current = cursors.splice(0, cursorsAtOnce);
      const waits = await findEventWaits(this.#database, {
        name: indexable(name),
        cursors: current,
        limit: waitsPerCursor,
      });
      for (let start = 0; start < waits.length; start += resumedAtOnce) {
        const some = waits.slice(start, start + resumedAtOnce);
        await Promise.all(
          some.map((wait) => this.#resumeByFirst(wait, arrivalsByKey.get(keyText(wait)) ?? [])),
        );
      }
      cursors = [...nextCursors(waits), ...cursors];
    }
  }

  async #resumeByFirst(wait: EventWait, arrivals: readonly Arrival[]): Promise<void> {
    const inTime = arrivals.filter(
      ({ beforeId, receivedAtMs }) => wait.setId < beforeId && receivedAtMs <= wait.dueAtMs,
    );
    if (inTime.length === 0) return;
    const isMatch = wait.expression === null ? () => true : await this.#matcher(wait, wait.expression);
    const first = inTime.find(({ value }) => isMatch(value));
    if (first === undefined) return;
    const settlement: Settlement = { status: 'completed', memo: first.payload };
    await this.#executor.settle(wait, settlement, first.receivedAtMs);
  }

  async #matcher(wait: EventWait, text: string): Promise<(value: unknown) => boolean> {
    const expression = this.#compile(text);
    const payload = wait.event ?? (await findTrigger(this.#database, wait.runId));
    const event: unknown = payload === undefined ? null : JSON.parse(payload);
    return (value) => expression.isTrue({ event, async: value });
  }

  #compile(text: string): Expression {
    const expression = this.#expressions.get(text) ?? compileExpression(text, ['event', 'async']);
    if (this.#expressions.size >= expressionsKept) this.#expressions.clear();
    this.#expressions.set(text, expression);
    return expression;
  }
}

function groupByName(arrivals: readonly Arrival[]): ReadonlyMap<string, readonly Arrival[]> {
  const groups = new Map<string, Arrival[]>();
  for (const arrival of arrivals) groups.set(arrival.name, [...(groups.get(arrival.name) ?? []), arrival]);
  return groups;
}

function keyText({ path, valueHash }: { path: string; valueHash: string }): string {
  return `${valueHash}${path}`;
}

/** Cursors behind the waits that were found, where there may be more. */
function nextCursors(waits: readonly EventWait[]): readonly WaitCursor[] {
  const lastOfKey = new Map<string, { wait: EventWait; count: number }>();
  for (const wait of waits) {
    const count = (lastOfKey.get(keyText(wait))?.count ?? 0) + 1;
    lastOfKey.set(keyText(wait), { wait, count });
  }
  return [...lastOfKey.values()]
    .filter(({ count }) => count >= waitsPerCursor)
    .map(({ wait: { path, valueHash, runId, stepId } }) => ({
      path,
      valueHash,
      afterRunId: runId,
      afterStepId: stepId,
    }));
}

/** What an invoking step is told, by the data of the event that the invoked run sent at its end. */
function outcomeOf(data: Record<string, unknown>): Settlement {
  const own = isJsonObject(data._inngest) ? data._inngest : {};
  if (own.status === 'Completed')
    return { status: 'completed', memo: dataMemo(canonicalJson(data.result ?? null)) };
  if (own.status === 'Failed') return { status: 'failed', memo: errorMemo(canonicalJson(data.result)) };
  return { status: 'failed', memo: failureMemo('Error', 'Invoked function was cancelled') };
}
