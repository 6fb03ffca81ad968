import type { SchoolBudget } from '../../src/sources/teachable/school-budget.ts';
import { formatCount } from '../lib/format.ts';
import type { FieldProps } from './field.tsx';

/** Asks how many API calls a month the school's plan includes: its API does not tell. */
export function monthlyCallsField({
  usedCalls,
  monthlyQuota,
  reservedCalls,
}: SchoolBudget): Omit<FieldProps, 'error'> {
  const reserve = monthlyQuota === null ? 'a twentieth' : formatCount(reservedCalls);
  return {
    name: 'monthlyCalls',
    label: 'API calls a month your plan includes',
    hint: `${formatCount(usedCalls)} used from here this month. Imports pause in time and keep ${reserve} in reserve for you and other tools.`,
    inputMode: 'numeric',
    autoComplete: 'off',
    defaultValue: monthlyQuota ?? '',
  };
}
