import type { ApiKeys } from './api/api-keys.ts';
import type { MonthlyQuota } from './api/monthly-quota.ts';
import type { RateLimiter } from './api/rate-limiter.ts';
import type { CallLog } from './call-log.ts';
import type { FaultPlan } from './faults/fault-plan.ts';
import type { EditableSchool } from './school/editable-school.ts';

/** What the parts of one simulator share. */
export interface SimulatorContext {
  readonly school: EditableSchool;
  readonly keys: ApiKeys;
  readonly faults: FaultPlan;
  readonly rateLimiter: RateLimiter;
  readonly monthlyQuota: MonthlyQuota;
  readonly calls: CallLog;
  readonly seed: number;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
  /** Known once the server listens. */
  readonly port: () => number;
  /** Names the session that a playable URL is made for. */
  readonly nextSession: () => string;
}
