import type { DueJob, FunctionDemand, GateOfFunction, Without } from '../store/due.ts';

/** Where the scheduler finds jobs that it does not hold in memory. */
export interface JobSource {
  /** All functions that may have jobs. */
  functionIds(): readonly string[];
  findDue(query: {
    demands: readonly FunctionDemand[];
    untilMs: number;
    without: Without;
  }): Promise<readonly DueJob[]>;
  findWaiting(query: {
    gates: readonly GateOfFunction[];
    limit: number;
    untilMs: number;
    without: Without;
  }): Promise<readonly (GateOfFunction & { readonly jobs: readonly DueJob[] })[]>;
  /** When the buckets of throttles will have drained. Unknown ones are left out. */
  findThrottles(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
}
