import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What the app did, in the order in which it happened. Outlives the app's process. */
export type Entry =
  /** A step's own code begins. */
  | { readonly did: 'began'; readonly run: string; readonly step: string }
  /** The engine has kept the result of a step, and so has promised never to run it again. */
  | { readonly did: 'saw'; readonly run: string; readonly step: string }
  /** More calls of one concurrency key were open at once than its limit allows. */
  | { readonly did: 'crowded'; readonly run: string; readonly step: string };

export type Journal = (entry: Entry) => void;

/** A kill takes nothing that was written: the system has it. */
export function openJournal(file: string): Journal {
  const descriptor = openSync(file, 'a');
  process.once('exit', () => closeSync(descriptor));
  return (entry) => void writeSync(descriptor, `${JSON.stringify(entry)}\n`);
}

export function readJournal(file: string): readonly Entry[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Entry);
}

/** Steps that began again after their result had been kept. There should be none. */
export function repeatedSteps(entries: readonly Entry[]): readonly string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { did, run, step } of entries) {
    const name = `${run} ${step}`;
    if (did === 'saw') seen.add(name);
    if (did === 'began' && seen.has(name)) repeated.add(name);
  }
  return [...repeated];
}
