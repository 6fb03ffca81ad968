import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EngineOptions } from '../../engine/main.ts';
import { onScopeEnd } from '../support/scope.ts';

/** Starts an engine as a process of its own without waiting for it. It is killed at the end of the test or file. */
export function spawnEngine(options: EngineOptions): ChildProcess {
  const script = fileURLToPath(new URL('engine-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onScopeEnd(async () => void child.kill('SIGKILL'));
  return child;
}

/** Resolves when the engine has said that it is ready. @throws {Error} when it ends before */
export async function untilReady(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('Cannot wait for the engine: its output is not read');
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('Cannot start the engine: its process ended'))),
  ]);
}

/** Starts an engine as a process of its own, ready to be used. */
export async function startEngineProcess(options: EngineOptions): Promise<ChildProcess> {
  const child = spawnEngine(options);
  await untilReady(child);
  return child;
}
