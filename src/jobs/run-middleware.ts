import { Middleware, StepError } from 'inngest';
import { decodeTime } from 'ulid';
import { readErrorFacts } from './error-facts.ts';
import { bindRunLog, getLog, type Log, type RunScope } from './log.ts';
import { mapError } from './map-error.ts';

/** An event as the engine hands it over, its payload not yet checked. */
export interface ReceivedEvent {
  readonly id?: string;
  readonly name: string;
  readonly data?: unknown;
}

/** A run that ended, well or for good. */
export interface EndedRun {
  readonly runId: string;
  readonly jobId: string;
  /** Different steps that the run passed, sleeps and waits included. */
  readonly steps: number;
}

/** What the middleware has to know of the job it serves. */
export interface RunSubject {
  readonly jobId: string;
  /** Log fields that follow from the triggering event: whose run it is and what it affects. */
  describe(event: ReceivedEvent): Record<string, unknown>;
  onEnd?(run: EndedRun, event: ReceivedEvent): Promise<void>;
}

/**
 * What `defineJob` adds around Inngest's own handler: errors in Inngest's words, the run's logger, the end of a run.
 *
 * The SDK makes one instance per request, and a run takes one or many: a discovery request replays the handler, silently up
 * to the last memoised step, and goes on; a targeted request replays it to reach one of several parallel steps, and only that
 * step's body is new. So the run's logger is open from the end of the replay, or during that body.
 */
export function runMiddleware(subject: RunSubject) {
  return class RunMiddleware extends Middleware.BaseMiddleware {
    readonly id = 'courseport:run';
    isTargeted = false;
    stepDurationMs = 0;
    readonly scope: RunScope = { open: false, step: undefined };
    readonly steps = new Set<string>();
    /** The platform's own lines about the run; not silenced by a replay. */
    runLog: Log = getLog();

    override wrapRequest({ next, requestInfo }: Middleware.WrapRequestArgs) {
      this.isTargeted = (requestInfo.url.searchParams.get('stepId') ?? 'step') !== 'step';
      return next();
    }

    override transformFunctionInput(input: Middleware.TransformFunctionInputArgs) {
      const { event, runId, attempt } = input.ctx;
      const fields = { runId, jobId: subject.jobId, attempt, ...subject.describe(event) };
      this.runLog = getLog().child(fields);
      return { ...input, ctx: { ...input.ctx, log: bindRunLog(getLog(), fields, this.scope) } };
    }

    override onMemoizationEnd() {
      this.scope.open = !this.isTargeted;
    }

    override onRunStart() {
      if (!this.isTargeted) this.runLog.info('Run started');
    }

    override wrapStep({ next, stepInfo }: Middleware.WrapStepArgs) {
      this.steps.add(stepInfo.hashedId);
      return next();
    }

    override async wrapStepHandler({ next, stepInfo }: Middleware.WrapStepHandlerArgs) {
      const wasOpen = this.scope.open;
      const startedAtMs = performance.now();
      this.scope.open = true;
      this.scope.step = stepInfo.options.id;
      try {
        return await next();
      } catch (error) {
        throw mapError(error);
      } finally {
        this.scope.open = wasOpen;
        this.scope.step = undefined;
        this.stepDurationMs = Math.round(performance.now() - startedAtMs);
      }
    }

    override onStepComplete({ stepInfo }: Middleware.OnStepCompleteArgs) {
      this.runLog.debug({ step: stepInfo.options.id, durationMs: this.stepDurationMs }, 'Step finished');
    }

    override onStepError({ error, isFinalAttempt, stepInfo }: Middleware.OnStepErrorArgs) {
      const fields = { step: stepInfo.options.id, durationMs: this.stepDurationMs, ...describeError(error) };
      if (isFinalAttempt) this.runLog.error(fields, 'Step failed');
      else this.runLog.warn(fields, 'Step failed and is tried again');
    }

    override async wrapFunctionHandler({ ctx, next }: Middleware.WrapFunctionHandlerArgs) {
      try {
        const output = await next();
        await this.end(ctx).catch((error: unknown) => {
          const isLastAttempt = ctx.maxAttempts !== undefined && ctx.attempt + 1 >= ctx.maxAttempts;
          if (!isLastAttempt) throw error;
          // What the run was for has been done: it must not fail over being noted.
          this.runLog.error({ err: mapError(error) }, 'The end of the run could not be noted');
        });
        return output;
      } catch (error) {
        throw mapError(error);
      }
    }

    override onRunComplete({ ctx }: Middleware.OnRunCompleteArgs) {
      this.runLog.info({ durationMs: runDurationMs(ctx.runId) }, 'Run finished');
    }

    override async onRunError({ ctx, error, isFinalAttempt }: Middleware.OnRunErrorArgs) {
      if (!isFinalAttempt) {
        this.runLog.warn(describeError(error), 'Run failed and is tried again');
        return;
      }
      const durationMs = runDurationMs(ctx.runId);
      // The failed step has been reported in full when it failed.
      if (error instanceof StepError) {
        this.runLog.info({ step: error.stepId, code: readErrorFacts(error).code, durationMs }, 'Run failed');
      } else this.runLog.error({ ...describeError(error), durationMs }, 'Run failed');
      await this.end(ctx);
    }

    async end({ runId, event }: { readonly runId: string; readonly event: ReceivedEvent }) {
      await subject.onEnd?.({ runId, jobId: subject.jobId, steps: this.steps.size }, event);
    }
  };
}

function describeError(error: Error): Record<string, unknown> {
  return { code: readErrorFacts(error).code, err: error };
}

/** Since the run was scheduled, which its id tells: it is a ULID of that moment. */
function runDurationMs(runId: string): number | undefined {
  try {
    return Math.max(0, Date.now() - decodeTime(runId));
  } catch {
    return undefined;
  }
}
