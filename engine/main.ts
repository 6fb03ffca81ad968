import { type Logger, pino } from 'pino';
import { CronLoop } from './cron/cron-loop.ts';
import { addDashboardRoutes } from './dashboard/routes.ts';
import { BulkCanceller } from './effects/bulk-canceller.ts';
import { Canceller } from './effects/canceller.ts';
import { Effects } from './effects/effects.ts';
import { EndpointRuns } from './endpoints/endpoint-runs.ts';
import { EndpointStreams } from './endpoints/endpoint-streams.ts';
import { addEndpointRoutes } from './endpoints/routes.ts';
import { RunEnds } from './endpoints/run-ends.ts';
import { Caller } from './executor/call.ts';
import { toDueJob } from './executor/due-job.ts';
import { Executor } from './executor/executor.ts';
import { Admitter } from './flow-control/admitter.ts';
import { DueWatch } from './flow-control/due-watch.ts';
import { Repeater } from './flow-control/repeater.ts';
import { Gateway } from './gateway/gateway.ts';
import { Intake } from './intake/intake.ts';
import { addGauges } from './metrics/add-gauges.ts';
import { Metrics } from './metrics/metrics.ts';
import { QueueMeter } from './metrics/queue-depth.ts';
import type { Engine, EngineOptions } from './options.ts';
import { makeIdsAfter } from './protocol/ids.ts';
import { limits } from './protocol/limits.ts';
import type { ServerKind } from './protocol/names.ts';
import { Hub } from './realtime/hub.ts';
import { addRealtimeRoutes } from './realtime/routes.ts';
import { publishProgress } from './realtime/run-news.ts';
import { RealtimeSockets } from './realtime/web-socket.ts';
import { concurrencyLimit } from './registry/registered-function.ts';
import { Registry } from './registry/registry.ts';
import { Sync } from './registry/sync.ts';
import { takeRegistration } from './registry/take-registration.ts';
import { awayDelayMs } from './runs/backoff.ts';
import { RunCache } from './runs/cache.ts';
import type { Run } from './runs/run.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { Access } from './server/auth.ts';
import { addCancellationRoutes } from './server/cancellation-routes.ts';
import { addEventRoutes } from './server/event-routes.ts';
import { untilPortIsFree } from './server/free-port.ts';
import { addGraphqlRoutes } from './server/graphql-routes.ts';
import { addInspectRoutes } from './server/inspect-routes.ts';
import { addInvokeRoutes } from './server/invoke-routes.ts';
import { listen } from './server/listener.ts';
import { addMetadataRoutes } from './server/metadata-routes.ts';
import { addOperationRoutes } from './server/operation-routes.ts';
import { addRegisterRoutes } from './server/register-routes.ts';
import { addRunRoutes } from './server/run-routes.ts';
import { createApp } from './server/server.ts';
import { addSignalRoutes } from './server/signal-routes.ts';
import { Tokens } from './server/tokens.ts';
import { Database } from './store/database.ts';
import { type DueJob, findDueJobs, findThrottles, findWaitingJobs } from './store/due.ts';
import { findNextCollections, findNextDeadlines } from './store/flow-control.ts';
import { findNewestIdTime } from './store/newest-id-time.ts';
import { Pruner } from './store/prune.ts';
import { Writer } from './store/writer.ts';
import { Resumer } from './waits/resumer.ts';
import { Signals } from './waits/signals.ts';
import { WaitNames } from './waits/wait-names.ts';

export type { Engine, EngineOptions } from './options.ts';

const defaultMaxCallsInFlight = 500;
const defaultHistoryMs = 30 * 24 * 3_600_000;
const defaultHistoryCount = 1_000_000;
const cacheBytes = 48 * 1024 * 1024;
/** Room for at least three runs of the largest size, and for thousands of usual ones. */
const maxPinnedBytes = 128 * 1024 * 1024;
/** What a scan for due jobs brings into memory at most. */
const prefetchBytes = 16 * 1024 * 1024;
const devPollIntervalMs = 5_000;
const cloudPollIntervalMs = 30_000;
/** Together with closing connections this stays below the 5 s that a stop may take. */
const callGraceMs = 3_000;
const connectionGraceMs = 500;
const portPatienceMs = 10_000;

/**
 * Starts an engine for Inngest functions: it stores events, schedules runs and calls apps.
 *
 * @throws {Error} when options are missing, the database cannot be used, another engine works on it, or the port is taken
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  checkOptions(options);
  const logger = options.logger ?? pino({ level: 'silent' });
  const database = await Database.open(options.databaseUrl, logger, {
    standby: options.standby ?? false,
    ...(options.databaseTimeoutMs === undefined ? {} : { timeoutMs: options.databaseTimeoutMs }),
  });
  try {
    return await assemble(options, database, logger);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function assemble(options: EngineOptions, database: Database, logger: Logger): Promise<Engine> {
  const serverKind: ServerKind = options.dev ? 'dev' : 'cloud';
  const signingKey = options.dev ? null : (options.signingKey ?? null);
  const maxInFlightPerApp = options.maxCallsInFlight ?? defaultMaxCallsInFlight;
  const policy = { retryIntervalMs: options.retryIntervalMs ?? null, random: Math.random };

  const registry = new Registry(database);
  await registry.load();
  // The clock may have been put back. What is older has the smaller id all the same.
  makeIdsAfter(await findNewestIdTime(database));
  const waitNames = new WaitNames();
  await waitNames.load(database);
  const audience = { registry, waitNames };
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
    audience,
    database,
    gateway,
    signals,
    runs,
    writer,
    caller,
    policy,
    metrics,
    maxSteps: Math.min(options.maxStepsPerRun ?? limits.stepsPerRun, limits.maxStepsPerRun),
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
    handle: async (due) => void (await Promise.all(due.map(({ runId }) => executor.timeOut(runId)))),
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
    onCollection: (dueAtMs) => collections.note(dueAtMs),
    logger,
  });
  const collections = new DueWatch({
    find: (limit) => findNextCollections(database, limit),
    handle: (due) => admitter.fire(due),
    logger,
  });
  const resumer = new Resumer({ database, executor, writer });
  const canceller = new Canceller({ database, registry, executor, writer, admitter });
  const bulkCanceller = new BulkCanceller({ database, executor, writer, logger });
  const effects = new Effects({
    database,
    handlers: {
      cancel: (batch) => canceller.carryOut(batch),
      resume: (batch) => resumer.carryOut(batch),
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
    scheduler.rescan();
    effects.resume();
  });
  let isStopping = false;
  writer.onFatal((error) => {
    scheduler.stop();
    executor.stop();
    if (!isStopping) options.onFatal?.(error);
  });
  registry.onChange(() => scheduler.rescan());
  registry.onRegistration((appId) => scheduler.tryAgain(appId));

  const access = new Access({
    dev: options.dev,
    signingKey: options.signingKey,
    eventKeys: options.eventKeys,
    dashboardToken: options.dashboardToken,
  });
  const app = createApp({ serverKind, access, logger });
  addOperationRoutes(app, { access, database, writer, metrics });
  addEventRoutes(app, { access, intake, metrics });
  addRegisterRoutes(app, { access, registry, serverKind, logger });
  addSignalRoutes(app, { signals, executor });
  addInvokeRoutes(app, { access, intake, registry });
  addRealtimeRoutes(app, { hub, tokens, lastEvent: streams.lastEvent });
  addEndpointRoutes(app, {
    registry,
    endpointRuns: new EndpointRuns({ writer, runs }),
    executor,
    runEnds,
    tokens,
    database,
  });
  addRunRoutes(app, { executor, runs });
  addCancellationRoutes(app, { registry, database, bulkCanceller });
  addGraphqlRoutes(app, { database, registry });
  addMetadataRoutes(app, { database, writer });
  addInspectRoutes(app, { access, registry, database, dev: options.dev });
  const sync = new Sync({
    sdkUrls: options.sdkUrls,
    serverKind,
    signingKey,
    register: (registration) => takeRegistration({ registry, logger }, registration),
    pollIntervalMs: options.dev ? devPollIntervalMs : cloudPollIntervalMs,
    logger,
  });
  addDashboardRoutes(app, {
    access,
    registry,
    database,
    runs,
    intake,
    executor,
    repeater: new Repeater({
      runs,
      database,
      writer,
      admitter,
      cancelRun: (runId) => executor.cancel(runId),
      onRunsCreated,
    }),
    queue,
    syncAnswers: () => sync.answers,
  });

  const host = options.host ?? '127.0.0.1';
  if (options.standby) await untilPortIsFree(options.port, host, portPatienceMs);
  const listener = await listen(app, options.port, host);
  const sockets = new RealtimeSockets({ hub, tokens, dev: options.dev });
  listener.onUpgrade((request, socket, head) => sockets.upgrade(request, socket, head));
  const crons = new CronLoop({ registry, intake, clock: options.cronClock ?? Date.now, logger });
  const pruner = new Pruner({
    database,
    limits: {
      historyMs: options.historyMs ?? defaultHistoryMs,
      historyCount: options.historyCount ?? defaultHistoryCount,
    },
    logger,
  });
  sync.start();
  scheduler.start();
  crons.start();
  pruner.start();
  effects.resume();
  bulkCanceller
    .resume()
    .catch((error: unknown) => logger.error({ err: error }, 'Cannot resume bulk cancellations'));
  collections.start();
  deadlines.start();
  logger.info({ port: listener.port, serverKind }, 'Engine is listening');

  return {
    port: listener.port,
    url: `http://127.0.0.1:${listener.port}`,
    stop: once(async () => {
      isStopping = true;
      sync.stop();
      crons.stop();
      pruner.stop();
      effects.stop();
      collections.stop();
      deadlines.stop();
      scheduler.stop();
      await waitUntil(() => scheduler.inFlight === 0, callGraceMs);
      executor.stop();
      await Promise.all([caller.close(), gateway.close()]);
      hub.close();
      sockets.close();
      await listener.close(connectionGraceMs);
      await Promise.race([writer.drain(), pause(connectionGraceMs)]);
      await database.close();
    }),
  };
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

function checkOptions(options: EngineOptions): void {
  if (options.dev) return;
  if (!options.signingKey)
    throw new Error('Cannot start engine: no signing key is given, set one or use dev mode');
  if (options.eventKeys.length === 0)
    throw new Error('Cannot start engine: no event key is given, set one or use dev mode');
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => {
    result ??= work();
    return result;
  };
}

async function waitUntil(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!condition() && Date.now() < deadlineMs) await pause(10);
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
