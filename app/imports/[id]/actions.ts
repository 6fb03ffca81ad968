'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { type Context, getContext } from '../../../src/context.ts';
import { isAppError } from '../../../src/errors/app-error.ts';
import { cancelImport } from '../../../src/imports/cancel.ts';
import { resumeWithMonthlyCalls } from '../../../src/imports/monthly-calls.ts';
import { pauseImport } from '../../../src/imports/pause.ts';
import { replaceKey } from '../../../src/imports/replace-key.ts';
import { reopenIssue, resolveIssue } from '../../../src/imports/resolve-issue.ts';
import { resumeImport } from '../../../src/imports/resume.ts';
import { retryFailed } from '../../../src/imports/retry-failed.ts';
import { rollBackImport } from '../../../src/imports/roll-back.ts';
import { parseMonthlyQuota } from '../../../src/sources/teachable/monthly-quota.ts';

const verbNames = [
  'cancel',
  'pause',
  'resume',
  'new-key',
  'monthly-calls',
  'retry',
  'retry-fixed',
  'roll-back',
] as const;
type VerbName = (typeof verbNames)[number];

const controlForm = z.object({
  importId: z.string().min(1).max(100),
  verb: z.enum(verbNames),
  apiKey: z.string().default(''),
  monthlyCalls: z.string().default(''),
});

type ControlForm = z.output<typeof controlForm>;

/** What the last press of a button came to; null when it did what it says. Never holds a key. */
export interface ControlState {
  readonly problem: string | null;
  /** What was typed and is to be shown again. */
  readonly monthlyCalls: string | null;
}

const verbs: Readonly<Record<VerbName, (context: Context, form: ControlForm) => Promise<unknown>>> = {
  cancel: cancelImport,
  pause: pauseImport,
  resume: resumeImport,
  'new-key': async (context, { importId, apiKey }) => {
    await replaceKey(context, { importId, apiKey });
    await resumeImport(context, { importId });
  },
  'monthly-calls': async (context, { importId, monthlyCalls }) =>
    resumeWithMonthlyCalls(context, { importId, calls: parseMonthlyQuota(monthlyCalls) }),
  retry: (context, { importId }) => retryFailed(context, { importId }),
  'retry-fixed': (context, { importId }) => retryFailed(context, { importId, fixed: true }),
  'roll-back': rollBackImport,
};

/** Does one thing about an import. What it refuses is told beside the button, and the page shows the import as it is. */
export async function control(_previous: ControlState, sent: FormData): Promise<ControlState> {
  const form = controlForm.parse(Object.fromEntries(sent));
  let problem: string | null = null;
  try {
    await verbs[form.verb](getContext(), form);
  } catch (error) {
    if (!isAppError(error)) throw error;
    problem = error.publicMessage;
  }
  refresh();
  return { problem, monthlyCalls: problem === null ? null : form.monthlyCalls };
}

const issueForm = z.object({ issueId: z.string().min(1).max(100) });

export async function resolve(form: FormData): Promise<void> {
  await changeIssue(form, resolveIssue);
}

export async function reopen(form: FormData): Promise<void> {
  await changeIssue(form, reopenIssue);
}

/** An issue that is gone meanwhile is not shown any more. */
async function changeIssue(form: FormData, change: typeof resolveIssue): Promise<void> {
  try {
    await change(getContext(), issueForm.parse(Object.fromEntries(form)));
  } catch (error) {
    if (!isAppError(error, 'NOT_FOUND')) throw error;
  }
  refresh();
}
