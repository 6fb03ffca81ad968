import type { Context } from '../context.ts';
import type { Env } from '../env.ts';
import { type MailSettings, sendMail } from '../http/send-mail.ts';
import { findImport } from './find-import.ts';
import { getReport } from './report.ts';
import { reportText } from './report-text.ts';
import { isFinal } from './states.ts';
import type { ImportReport } from './types.ts';

/**
 * Sends the report of an import that has ended by itself, or that has paused by itself and waits for somebody. Nothing when it
 * runs again by now, or when a person stopped it.
 *
 * @param mailId the same for a repeat of the same news
 * @returns how many receivers there were; 0 where no mail server is set
 * @throws {AppError} `NOT_FOUND`, and what `sendMail` throws
 */
export async function mailReport(
  context: Pick<Context, 'database' | 'organisationId'>,
  env: MailSettings & Pick<Env, 'PUBLIC_URL'>,
  { importId, mailId }: { readonly importId: string; readonly mailId: string },
): Promise<number> {
  const { organisationId, database } = context;
  const { status, pauseReason } = await findImport(database, { organisationId, importId });
  const waits = status === 'paused' && pauseReason !== null;
  if (!waits && (status === 'cancelled' || !isFinal(status))) return 0;

  const report = await getReport(context, importId);
  const page = env.PUBLIC_URL && new URL(`/imports/${importId}`, env.PUBLIC_URL).href;
  return sendMail(env, {
    id: mailId,
    subject: subjectOf(report),
    text: `${reportText(report)}\n${page ?? `Import ${importId}`}\n`,
  });
}

function subjectOf({ import: { status }, course, kinds }: ImportReport): string {
  const what = `Import of "${course.title ?? `course ${course.sourceId}`}"`;
  const failed = kinds.reduce((sum, kind) => sum + kind.failed, 0);
  switch (status) {
    case 'completed':
      return `${what} is complete`;
    case 'partial':
      return `${what} has ended, ${failed} failed`;
    case 'paused':
      return `${what} is paused and waits for you`;
    default:
      return `${what} has failed`;
  }
}
