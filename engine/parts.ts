import type { Logger } from 'pino';
import { CronLoop } from './cron/cron-loop.ts';
import { BulkCanceller } from './effects/bulk-canceller.ts';
import { Canceller } from './effects/canceller.ts';
import { Effects } from './effects/effects.ts';
import { EndpointStreams } from './endpoints/endpoint-streams.ts';
import { RunEnds } from './endpoints/run-ends.ts';
import { Caller } from './executor/call.ts';
import { toDueJob } from './executor/due-job.ts';
import { Executor } from './executor/executor.ts';
import { Admitter } from './flow-control/admitter.ts';
import { DueCollections } from './flow-control/due-collections.ts';
import { DueWatch } from './flow-control/due-watch.ts';
import { Gateway } from './gateway/gateway.ts';
import { Intake } from './intake/intake.ts';
import { addGauges } from './metrics/add-gauges.ts';
import { Metrics } from './metrics/metrics.ts';
import { QueueMeter } from './metrics/queue-depth.ts';
import { type EngineOptions, serverKindOf, signingKeyOf } from './options.ts';
import { makeIdsAfter } from './protocol/ids.ts';
import { limits } from './protocol/limits.ts';
import { Hub } from './realtime/hub.ts';
import { publishProgress } from './realtime/run-news.ts';
import { Attendance } from './registry/attendance.ts';
import { concurrencyLimit } from './registry/registered-function.ts';
import { Registry } from './registry/registry.ts';
import { Sync } from './registry/sync.ts';
import { takeRegistration } from './registry/take-registration.ts';
import { awayDelayMs } from './runs/backoff.ts';
import { RunCache } from './runs/cache.ts';
import type { Run } from './runs/run.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { Tokens } from './server/tokens.ts';
import type { Database } from './store/database.ts';
import { type DueJob, findDueJobs, findThrottles, findWaitingJobs } from './store/due.ts';
import { findNextDeadlines } from './store/flow-control.ts';
import { findNewestIdTime } from './store/newest-id-time.ts';
import { Pruner } from './store/prune.ts';
import { Writer } from './store/writer.ts';
import { Resumer } from './waits/resumer.ts';
import { Signals } from './waits/signals.ts';
import { WaitNames } from './waits/wait-names.ts';

const defaultMaxCallsInFlight = 500;
const defaultHistoryMs = 30 * 24 * 3_600_000;
const defaultHistoryCount = 1_000_000;
const cacheBytes = 48 * 1024 * 1024;
/** One app gets room in it for two runs of the largest size at least, or for thousands of usual ones. */
const maxPinnedBytes = 128 * 1024 * 1024;
/** What a scan for due jobs brings into memory at most. */
const prefetchBytes = 16 * 1024 * 1024;
const devPollIntervalMs = 5_000;
const cloudPollIntervalMs = 30_000;
/** Together with closing connections this stays below the 5 s that a stop may take. */
const callGraceMs = 3_000;

/** The parts of an engine that work together, connected but not started. */
export type Parts = Awaited<ReturnType<typeof connectParts>>;

/**
 * Makes the parts of an engine and connects them. Nothing is begun before they are started.
 *
 * @throws {DatabaseUnavailable} when what earlier lives of the engine left cannot be read
 */
export async function connectParts(options: EngineOptions, database: Database, logger: Logger) {
  const signingKey = signingKeyOf(options);
  const maxInFlightPerApp = options.maxCallsInFlight ?? defaultMaxCallsInFlight;
  const policy = { retryIntervalMs: options.retryIntervalMs ?? null, random: Math.random };

  const registry = new Registry(database);
  await registry.load();
  // The clock may have been put back. What is older has the smaller id all the same.
  makeIdsAfter(await findNewestIdTime(database));
  const waitNames = new WaitNames();
  await waitNames.load(database);
  const audience = { registry, waitNames };
  const attendance = new Attendance({ findApp: (url) => registry.findApp(url), logger });
  const writer = new Writer(database, database.boot, logger);
  const runs = new RunCache(database, { maxBytes: cacheBytes, maxPinnedBytes });
  const caller = new Caller({
    maxConnections: 2 * maxInFlightPerApp,
    signingKey,
    ...(options.callTimeoutMs === undefined ? {} : { timeoutMs: options.callTimeoutMs }),
  });

  const metrics = new Metrics();
  const queue = new QueueMeter(database);
  addGauges(metrics, {
    queue,
    waitingJobs: () => scheduler.counts().waiting,
    cachedBytes: () => runs.bytes,
    cachedRuns: () => runs.size,
    isDatabaseUp: () => writer.isAvailable,
  });
  writer.onCommitted((commit) => metrics.committed(commit));

  const onRunsCreated = (created: readonly Run[]) => {
    metrics.runsStarted(created.length);
    for (const run of created) {
      runs.add(run);
      if (run.deadlineAtMs !== null) deadlines.note(run.deadlineAtMs);
      const isHeld = run.job !== null && scheduler.offer(toDueJob(run, run.job));
      if (!isHeld) runs.release(run.id);
    }
  };
  const signals = new Signals(database);
  const tokens = new Tokens(signingKey ?? 'dev');
  const hub = new Hub();
  const runEnds = new RunEnds();
  const streams = new EndpointStreams({ hub, database, logger });
  const gateway = new Gateway();
  const executor = new Executor({
    attendance,
    audience,
    database,
    gateway,
    signals,
    runs,
    writer,
    caller,
    policy,
    metrics,
    maxSteps: options.maxStepsPerRun ?? limits.stepsPerRun,
    logger,
    isInCharge: () => database.isInCharge,
    mayEventsResume: (): boolean => effects.hasPending('resume', ''),
    onRunsCreated,
    onJobs: (jobs) => {
      for (const job of jobs) scheduler.offer(job);
    },
    onEffects: (created) => effects.carryOut(created),
    onDeadline: (deadlineAtMs) => deadlines.note(deadlineAtMs),
    onProgress: (transition, fn) => {
      publishProgress(hub, transition, fn);
      if (!transition.hasEnded) return;
      runEnds.tell(transition.run.id);
      streams.finish(transition.run.id);
    },
  });
  const deadlines = new DueWatch({
    find: (limit) => findNextDeadlines(database, limit),
    handle: async (due) => {
      await Promise.all(due.map(({ runId }) => executor.timeOut(runId)));
      return true;
    },
    logger,
  });
  const admitter = new Admitter({
    database,
    registry,
    writer,
    cancelRun: (runId) => executor.cancel(runId),
    onRunsCreated,
    onRunSkipped: () => metrics.runEnded('skipped'),
    onEffects: (created) => effects.carryOut(created),
    onCollection: (functionId, dueAtMs) => collections.note(functionId, dueAtMs),
    logger,
  });
  const collections = new DueCollections({ database, admitter, logger });
  const resumer = new Resumer({ database, executor, writer });
  const canceller = new Canceller({ database, registry, executor, writer, admitter });
  const bulkCanceller = new BulkCanceller({ database, executor, writer, logger });
  const effects = new Effects({
    database,
    handlers: {
      cancel: (batch) => canceller.carryOut(batch),
      resume: (batch) => resumer.carryOut(batch),
      answer: (batch) => resumer.answerInvokers(batch),
      admit: (batch) => admitter.carryOut(batch),
    },
    logger,
  });
  const scheduler = new Scheduler({
    source: {
      findDue: async (query) => {
        const jobs = await findDueJobs(database, query);
        await runs.prefetch(firstRuns(jobs, prefetchBytes));
        return jobs;
      },
      functionIds: () => registry.functionIds(),
      findWaiting: (query) => findWaitingJobs(database, query),
      findThrottles: (keys) => findThrottles(database, keys),
    },
    limitOf: (job, key) => concurrencyLimit(registry.find(job.functionId), key),
    throttleOf: (job) => registry.find(job.functionId)?.throttle ?? null,
    appOf: (functionId) => registry.find(functionId)?.appId ?? '',
    maxInFlightPerApp,
    awayDelayMs: (failures) => awayDelayMs(policy, failures),
    perform: async (job, throttle) => {
      metrics.jobBegan(Date.now() - job.dueAtMs);
      queue.began(job);
      const outcome = await executor.perform(job, throttle);
      queue.ended(job);
      return outcome;
    },
    logger,
  });
  const intake = new Intake({
    audience,
    writer,
    onRunsCreated,
    onEffects: (created) => effects.carryOut(created),
  });
  database.onLost(() => writer.reviveConnection());
  writer.onRecovery(() => {
    // What was committed may have come without an answer.
    scheduler.rescan();
    effects.resume();
    collections.start();
    deadlines.note(Date.now());
  });
  registry.onChange(() => scheduler.rescan());
  registry.onRegistration((appId) => scheduler.tryAgain(appId));

  const sync = new Sync({
    sdkUrls: options.sdkUrls,
    serverKind: serverKindOf(options),
    signingKey,
    register: (registration) => takeRegistration({ registry, attendance }, registration),
    pollIntervalMs: options.dev ? devPollIntervalMs : cloudPollIntervalMs,
    attendance,
  });
  const crons = new CronLoop({ registry, intake, clock: options.cronClock ?? Date.now, logger });
  const pruner = new Pruner({
    database,
    limits: {
      historyMs: options.historyMs ?? defaultHistoryMs,
      historyCount: options.historyCount ?? defaultHistoryCount,
    },
    logger,
  });

  return {
    admitter,
    attendance,
    audience,
    bulkCanceller,
    caller,
    collections,
    crons,
    database,
    deadlines,
    effects,
    executor,
    gateway,
    hub,
    intake,
    logger,
    metrics,
    onRunsCreated,
    pruner,
    queue,
    registry,
    runEnds,
    runs,
    scheduler,
    signals,
    streams,
    sync,
    tokens,
    writer,
  };
}

/** Starts what works by itself. */
export function startParts(parts: Parts): void {
  parts.sync.start();
  parts.scheduler.start();
  parts.crons.start();
  parts.pruner.start();
  parts.effects.resume();
  parts.bulkCanceller.resume().catch((error: unknown) => {
    parts.logger.error({ err: error }, 'Cannot resume bulk cancellations');
  });
  parts.collections.start();
  parts.deadlines.start();
}

/** Begins nothing any more, and waits for what is under way as long as a stop may take. */
export async function stopParts(parts: Parts): Promise<void> {
  parts.sync.stop();
  parts.crons.stop();
  parts.pruner.stop();
  parts.effects.stop();
  parts.collections.stop();
  parts.deadlines.stop();
  parts.scheduler.stop();
  await waitUntil(() => parts.scheduler.inFlight === 0, callGraceMs);
  parts.executor.stop();
  await Promise.all([parts.caller.close(), parts.gateway.close()]);
}

/** The runs of the first jobs, as many as fit. */
function firstRuns(jobs: readonly DueJob[], maxBytes: number): readonly string[] {
  const runIds = new Set<string>();
  let bytes = 0;
  for (const job of jobs) {
    bytes += job.bytes;
    if (bytes > maxBytes) break;
    runIds.add(job.runId);
  }
  return [...runIds];
}

async function waitUntil(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!condition() && Date.now() < deadlineMs) await pause(10);
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
