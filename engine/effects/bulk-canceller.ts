import type { Logger } from 'pino';
import type { Executor } from '../executor/executor.ts';
import { compileExpression } from '../expressions/expression.ts';
import { firstIdAt } from '../protocol/ids.ts';
import {
  type BulkCancellation,
  endBulkCancellation,
  findUndoneBulkCancellations,
  isBulkCancellationUndone,
} from '../store/bulk-cancellations.ts';
import type { Database } from '../store/database.ts';
import type { Writer } from '../store/writer.ts';
import { cancelFirstRuns } from './cancel-runs.ts';

/**
 * Cancels runs of a function in bulk. A request is acknowledged when it is stored, and marked as done when it has been
 * carried out, so a restart between the two repeats it.
 */
export class BulkCanceller {
  readonly #database: Database;
  readonly #executor: Executor;
  readonly #writer: Writer;
  readonly #logger: Logger;

  constructor(parts: { database: Database; executor: Executor; writer: Writer; logger: Logger }) {
    this.#database = parts.database;
    this.#executor = parts.executor;
    this.#writer = parts.writer;
    this.#logger = parts.logger;
  }

  /** Carries out what an earlier life of the engine left undone. */
  async resume(): Promise<void> {
    for (const cancellation of await findUndoneBulkCancellations(this.#database))
      this.#carryOut(cancellation);
  }

  /**
   * Stores the request. It goes the way of all changes, so the runs that it is about have been stored before it.
   *
   * @throws {DatabaseUnavailable}
   */
  async request(cancellation: BulkCancellation): Promise<void> {
    await this.#writer.commit({ bulkCancellations: [cancellation] }, 'refuse');
    this.#carryOut(cancellation);
  }

  #carryOut(cancellation: BulkCancellation): void {
    this.#cancelRuns(cancellation).catch((error: unknown) => {
      this.#logger.error(
        { err: error, cancellationId: cancellation.id },
        'Cannot cancel runs in bulk: trying again after a restart',
      );
    });
  }

  async #cancelRuns(cancellation: BulkCancellation): Promise<void> {
    const { id, functionId, startedAfterMs, startedBeforeMs, expression: text } = cancellation;
    const expression = text === null ? null : compileExpression(text, ['event']);
    const beforeId = firstIdAt(startedBeforeMs + 1);
    const parts = { database: this.#database, executor: this.#executor };
    let afterId = startedAfterMs === null ? '' : firstIdAt(startedAfterMs);
    let cancelled = 0;
    // Deleting the request stops it.
    while (await isBulkCancellationUndone(this.#database, id)) {
      const looked = await cancelFirstRuns(
        parts,
        { functionId, afterId, beforeId },
        ({ payload }) => expression === null || expression.isTrue({ event: JSON.parse(payload) }),
      );
      if (looked === null) {
        await endBulkCancellation(this.#database, id, Date.now());
        this.#logger.info({ cancellationId: id, functionId, cancelled }, 'Cancelled runs in bulk');
        return;
      }
      cancelled += looked.cancelled;
      afterId = looked.lastId;
    }
  }
}
