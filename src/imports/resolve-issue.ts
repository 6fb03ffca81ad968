import { and, eq, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { importIssues } from '../db/schema/index.ts';
import { notFound } from '../errors/not-found.ts';

type Owner = Pick<Context, 'database' | 'organisationId'>;

/**
 * Notes that the owner has seen to an issue, and when. One that is resolved already stays as it is.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function resolveIssue(owner: Owner, { issueId }: { readonly issueId: string }): Promise<void> {
  await change(owner, issueId, {
    resolvedAt: sql`coalesce(${importIssues.resolvedAt}, now())`,
    resolvedBy: sql`coalesce(${importIssues.resolvedBy}, 'owner')`,
  });
}

/**
 * Takes the resolution of an issue back.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function reopenIssue(owner: Owner, { issueId }: { readonly issueId: string }): Promise<void> {
  await change(owner, issueId, { resolvedAt: null, resolvedBy: null });
}

async function change(
  { database, organisationId }: Owner,
  issueId: string,
  to: Parameters<ReturnType<typeof database.update<typeof importIssues>>['set']>[0],
): Promise<void> {
  const changed = await database
    .update(importIssues)
    .set(to)
    .where(and(eq(importIssues.id, issueId), eq(importIssues.organisationId, organisationId)))
    .returning({ id: importIssues.id });
  if (changed.length === 0) throw notFound('issue', issueId);
}
