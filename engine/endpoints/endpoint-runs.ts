import { createHash } from 'node:crypto';
import { createRun } from '../intake/new-run.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { idTimeMs, newId, parseIdSeed } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { RunCache } from '../runs/cache.ts';
import type { Writer } from '../store/writer.ts';
import type { EndpointEvent } from './endpoint-request.ts';

/**
 * Brings runs of durable endpoints into being.
 *
 * An app serves a request on its own and reports what it did. The run has a discovery job from its beginning, as far in the
 * future as the app may be silent: if it never reports an end, the engine continues the run as if it had been asked to.
 */
export class EndpointRuns {
  readonly #writer: Writer;
  readonly #runs: RunCache;

  constructor(parts: { writer: Writer; runs: RunCache }) {
    this.#writer = parts.writer;
    this.#runs = parts.runs;
  }

  /**
   * Makes the run unless it is there: an app that got no answer asks again.
   *
   * @param runId a ULID that the app made
   * @returns false when a run of another function has the id
   * @throws {DatabaseUnavailable}
   */
  async ensure(runId: string, fn: RegisteredFunction, event: EndpointEvent): Promise<boolean> {
    const ownerId = await this.#runs.use(runId, async (run) => run.functionId);
    if (ownerId !== undefined) return ownerId === fn.id;

    const nowMs = Date.now();
    const eventId = eventIdOf(runId);
    const payload = canonicalJson({ ...event, id: eventId, ts: nowMs, user: {} });
    const source = { fn, id: runId, eventId, payload, tsMs: nowMs + limits.silenceMs };
    const run = { ...createRun(source, () => null, nowMs), startedAtMs: nowMs };
    const { createdIds } = await this.#writer.commit(
      {
        events: [{ id: eventId, externalId: null, name: event.name, receivedAtMs: nowMs, payload }],
        newRuns: [{ run, idempotency: null }],
      },
      'refuse',
    );
    if (createdIds.has(runId)) this.#runs.add(run);
    return true;
  }
}

/** The same each time, so that a repeated request stores nothing twice. */
function eventIdOf(runId: string): string {
  const entropy = createHash('sha256').update(runId).digest().subarray(0, 10).toString('base64');
  return parseIdSeed(`${idTimeMs(runId)},${entropy}`)?.idAt(1) ?? newId();
}
