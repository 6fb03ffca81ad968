import { describe, expect, it } from 'vitest';
import type { DueJob } from '../store/due.ts';
import { ConcurrencySlots } from './concurrency-slots.ts';

function job(runId: string, ...concurrency: string[]): DueJob {
  return { runId, functionId: 'fn', stepId: null, dueAtMs: 0, concurrency, bytes: 0 };
}

const slotsOf = (limits: Record<string, number>, maxWaiting = 10) =>
  new ConcurrencySlots((_, key) => limits[key] ?? Number.POSITIVE_INFINITY, maxWaiting);

describe('concurrency slots', () => {
  it('let as many jobs in as the limit says, and the next when one leaves', () => {
    const slots = slotsOf({ a: 2 });
    const jobs = ['1', '2', '3', '4'].map((id) => job(id, 'a'));

    expect(jobs.map((each) => slots.take(each))).toEqual(['taken', 'taken', 'waits', 'waits']);
    slots.release(job('1', 'a'));
    expect(slots.takeFreed(job('1', 'a')).map((each) => each.runId)).toEqual(['3']);
  });

  it('take a place of every counter or of none', () => {
    const slots = slotsOf({ a: 5, b: 1 });
    slots.take(job('1', 'a', 'b'));

    expect(slots.take(job('2', 'a', 'b'))).toBe('waits');
    expect(slots.take(job('3', 'a'))).toBe('taken');
    slots.release(job('3', 'a'));
    slots.release(job('1', 'a', 'b'));
    expect(slots.takeFreed(job('1', 'a', 'b')).map((each) => each.runId)).toEqual(['2']);
  });

  it('leave jobs to the database when many wait already, and ask for them when few do', () => {
    const slots = slotsOf({ a: 1 }, 4);
    const outcomes = ['1', '2', '3', '4', '5', '6'].map((id) => slots.take(job(id, 'a')));

    expect(outcomes).toEqual(['taken', 'waits', 'waits', 'waits', 'waits', 'left']);
    expect(slots.beginRefill('a')).toBe(false);
    for (let left = 3; left > 0; left -= 1) {
      slots.release(job('x', 'a'));
      for (const next of slots.takeFreed(job('x', 'a'))) slots.take(next);
    }
    expect(slots.beginRefill('a')).toBe(true);
    expect(slots.beginRefill('a')).toBe(false);
  });

  it('name full counters, so that a scan passes over their jobs', () => {
    const slots = slotsOf({ a: 1, b: 2 });
    slots.take(job('1', 'a'));
    slots.take(job('2', 'b'));

    expect(slots.markFull()).toEqual(['a']);
  });
});
