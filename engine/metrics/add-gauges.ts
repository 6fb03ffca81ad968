import type { Metrics } from './metrics.ts';
import type { QueueMeter } from './queue-depth.ts';

/** What is looked up when somebody reads the metrics. */
export function addGauges(
  metrics: Metrics,
  sources: {
    readonly queue: QueueMeter;
    readonly waitingJobs: () => number;
    readonly cachedBytes: () => number;
    readonly cachedRuns: () => number;
    readonly isDatabaseUp: () => boolean;
  },
): void {
  const { queue } = sources;
  metrics.addGauges(
    'engine_jobs',
    'Jobs by state: in_flight; ready (due, not begun) and scheduled (due later), counted up to 10,000; waiting (those of the ready that wait for a limit, as far as they are in memory)',
    'state',
    async () => {
      const { inFlight, ready, scheduled } = await queue.depth();
      return { in_flight: inFlight, ready, scheduled, waiting: sources.waitingJobs() };
    },
  );
  metrics.addGauge(
    'engine_oldest_due_age_seconds',
    'How long the job has been due that has waited longest for its turn',
    async () => (await queue.depth()).oldestAgeMs / 1_000,
  );
  metrics.addGauge('engine_cache_bytes', 'What runs in memory take up, roughly', sources.cachedBytes);
  metrics.addGauge('engine_cache_runs', 'Runs in memory', sources.cachedRuns);
  metrics.addGauge('engine_database_up', 'Whether the database can be written: 1 or 0', () =>
    Number(sources.isDatabaseUp()),
  );
  metrics.addGauge('engine_process_resident_memory_bytes', 'Memory of the process', () =>
    process.memoryUsage.rss(),
  );
  metrics.addGauge(
    'engine_process_heap_used_bytes',
    'JavaScript heap in use',
    () => process.memoryUsage().heapUsed,
  );
  metrics.addTotal(
    'engine_process_cpu_seconds_total',
    'Processor time that the process has used since it started',
    () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  );
}
