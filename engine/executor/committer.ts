import type { Logger } from 'pino';
import { planDefers } from '../defers/defers.ts';
import { type Audience, type EventPlan, joinPlans, planEvent } from '../intake/plan.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { RunCache } from '../runs/cache.ts';
import type { Run } from '../runs/run.ts';
import { beginTransition, endRun, type Transition } from '../runs/transition.ts';
import type { DueJob } from '../store/due.ts';
import type { Change, Effect, ThrottleUse } from '../store/rows.ts';
import type { Committed, Writer } from '../store/writer.ts';
import { isEventWait } from '../waits/wait.ts';
import { toDueJob } from './due-job.ts';
import { planEndEvents } from './end-events.ts';
import { failureFacts } from './failure-facts.ts';

/** A run's row may say too little about its size by so much. Large runs are only called when there is room for them. */
const unnotedStateBytes = 64 * 1024;

export interface CommitterOptions {
  readonly audience: Audience;
  readonly runs: RunCache;
  readonly writer: Writer;
  readonly maxSteps: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Runs came into being by another run. */
  onRunsCreated(runs: readonly Run[]): void;
  onEffects(effects: readonly Effect[]): void;
  /** Something that happened to a run is durable. */
  onProgress(transition: Transition, fn: RegisteredFunction | undefined): void;
}

interface Written extends Committed {
  readonly plan: EventPlan;
}

/** Makes transitions durable, together with the events that they send, and tells of them then. */
export class Committer {
  readonly #options: CommitterOptions;
  #isStopped = false;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** What cannot be written from now on is left as it is in the database. */
  stop(): void {
    this.#isStopped = true;
  }

  begin(run: Run): Transition {
    return beginTransition(run, Date.now(), this.#options.maxSteps);
  }

  /** Makes a transition durable and returns the jobs that follow from it. A run whose state is refused fails. */
  async commit(transition: Transition, throttle: ThrottleUse | null = null): Promise<readonly DueJob[]> {
    let written: Written;
    try {
      written = await this.#write(transition, this.#plan(transition), throttle);
    } catch (error) {
      await this.abandon(transition.run, error);
      return [];
    }
    this.#announce(transition, written);
    return [...transition.jobs].map((job) => toDueJob(transition.run, job));
  }

  async #write(transition: Transition, plan: EventPlan, throttle: ThrottleUse | null): Promise<Written> {
    const { run } = transition;
    if (run.stateBytes > run.notedStateBytes + unnotedStateBytes) transition.isRunChanged = true;
    if (transition.isRunChanged) run.notedStateBytes = run.stateBytes;
    this.#announceWaits(transition);
    const change = { ...plan, ...changeOf(transition, throttle) };
    return { plan, ...(await this.#options.writer.commit(change, 'keep')) };
  }

  /** Tells of what is durable now. */
  #announce(transition: Transition, { plan, createdIds }: Written): void {
    const { audience, onRunsCreated, onEffects } = this.#options;
    const fn = audience.registry.find(transition.run.functionId);
    const runs = plan.newRuns.map((created) => created.run);
    onRunsCreated(runs.filter(({ id }) => createdIds.has(id)));
    onEffects(plan.effects.filter(({ eventId }) => createdIds.has(eventId)));
    for (const step of transition.closedWaits) {
      if (isEventWait(step)) audience.waitNames.remove(step.waitsFor.event);
    }
    this.#tell(transition, fn);
    this.#options.onProgress(transition, fn);
  }

  /** Events that come in from now on may be what the run waits for. */
  #announceWaits(transition: Transition): void {
    for (const wait of transition.openedWaits.values()) {
      if (wait.kind === 'event') this.#options.audience.waitNames.add(wait.name);
    }
  }

  /** What the run sends: events that invoke functions, and those of its end. */
  #plan(transition: Transition): EventPlan {
    const { run, nowMs, invocations } = transition;
    const { audience } = this.#options;
    const fn = audience.registry.find(run.functionId);
    if (fn === undefined) return joinPlans([]);
    const plans = invocations.map(({ fn: only, event }) => planEvent(audience, event, nowMs, { only }));
    if (transition.hasEnded) {
      plans.push(planEndEvents(audience, fn, run, nowMs), planDefers(audience, fn, run, nowMs));
    }
    return joinPlans(plans);
  }

  /**
   * What the run wants to keep cannot be kept, as when PostgreSQL refuses it. Trying again would do the same, so the run fails
   * as it was stored last.
   */
  async abandon(outdated: Run, error: unknown): Promise<void> {
    const { runs, logger } = this.#options;
    if (this.#isStopped) return;
    logger.error({ err: error, runId: outdated.id }, 'Cannot store the state of a run: the run fails');
    runs.drop(outdated.id);
    // Whoever still works with this state must not go on.
    endRun(this.begin(outdated), { status: 'cancelled' });

    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot store the state of the run: ${reason}`;
    try {
      await runs.use(outdated.id, async (run) => {
        if (run.status !== 'running') return;
        const transition = this.begin(run);
        endRun(transition, { status: 'failed', error: canonicalJson({ name: 'StateNotStored', message }) });
        this.#announce(transition, await this.#writeFailure(transition));
      });
    } catch (cause) {
      runs.drop(outdated.id);
      logger.error({ err: cause, runId: outdated.id }, 'Cannot store the failure of a run');
    }
  }

  /** A run that can never end would be called for ever. If need be it ends without the events about its end. */
  async #writeFailure(transition: Transition): Promise<Written> {
    try {
      return await this.#write(transition, this.#plan(transition), null);
    } catch (error) {
      if (this.#isStopped) throw error;
      this.#options.logger.error(
        { err: error, runId: transition.run.id },
        'Cannot store what follows from the failure of a run: neither its invoker nor handlers hear of it',
      );
      return await this.#write(transition, joinPlans([]), null);
    }
  }

  #tell({ run, hasEnded, changedSteps }: Transition, fn: RegisteredFunction | undefined): void {
    const { metrics, logger } = this.#options;
    for (const step of changedSteps) {
      if (step.place !== null && step.endedAtMs !== null)
        metrics.stepFinished(step.endedAtMs - step.createdAtMs);
    }
    if (!hasEnded) return;
    metrics.runEnded(run.status);
    const facts = { runId: run.id, functionId: fn?.config.slug, status: run.status };
    if (run.status === 'failed') logger.warn({ ...facts, ...failureFacts(run) }, 'Run failed');
    else if (run.status === 'cancelled') logger.info(facts, 'Run was cancelled');
    else logger.debug(facts, 'Run ended');
  }
}

function changeOf(transition: Transition, throttle: ThrottleUse | null): Change {
  const { run, inputs } = transition;
  const closed = [...transition.closedWaits].map((step) => ({ runId: run.id, stepId: step.id }));
  return {
    throttles: throttle === null ? [] : [throttle],
    runs: transition.isRunChanged ? [run] : [],
    steps: [...transition.changedSteps].map((step) => ({ run, step, input: inputs.get(step) ?? null })),
    metadata: transition.metadata,
    waits: [...transition.openedWaits.values()],
    doneWaits: [...transition.replacedWaits, ...closed],
  };
}
