import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A process of the benchmark that told its port. */
export interface BenchProcess {
  readonly url: string;
  /** Null for a process that is not ours. */
  readonly pid: number | null;
  stop(): Promise<void>;
}

/** Starts a script, which prints its port when it is ready. */
export async function startScript(
  url: URL,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<BenchProcess> {
  const script = fileURLToPath(url);
  const child = spawn(process.execPath, [...nodeOptions, '--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await Promise.race([once(child.stdout, 'data'), failOnExit(child, script)]);
  return {
    url: `http://127.0.0.1:${String(line).trim()}`,
    pid: child.pid ?? null,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function failOnExit(child: ChildProcess, name: string): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`Cannot start "${name}": it ended with code ${code}`);
}

const ticksPerSecond = 100;

export interface Usage {
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** CPU time that a process has used, in ms, and its resident memory, in bytes. Linux only: null elsewhere. */
export async function usageOf(pid: number | null): Promise<Usage | null> {
  if (pid === null) return null;
  try {
    const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const ticks = Number(stat[11]) + Number(stat[12]);
    const residentKibibytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    return { cpuMs: (ticks / ticksPerSecond) * 1_000, residentBytes: residentKibibytes * 1_024 };
  } catch {
    return null;
  }
}
