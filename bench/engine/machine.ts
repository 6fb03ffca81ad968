import { cpus, loadavg, platform, release, totalmem } from 'node:os';

/** What figures depend on. */
export function machineFacts(): object {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${release()}`,
    node: process.version,
    /** Of the last minute, before the start: anything above 0.3 distorts the figures. */
    loadAverage: loadavg()[0],
  };
}
