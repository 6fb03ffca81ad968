import type { BlockInput, LessonContent, QuizInput } from '../courses/save-lesson.ts';
import type { Transaction } from '../db/client.ts';
import type { BlockContent } from '../db/schema/courses.ts';
import { newId } from '../lib/ids.ts';
import { editedIssue, isKept, settledAs } from './edited-here.ts';
import { type ImportItem, type Issue, type NewItem, reasons } from './ledger.ts';
import { hashOwn } from './own-fields.ts';
import { type BlockReferences, failedBlock, type PlannedBlock, type PlannedLesson } from './plan-lesson.ts';
import { shortTitle } from './short-title.ts';
import { findEdited, findLinks, findLinksTo, type LinkScope, linkOf, linkTargets } from './source-links.ts';

export interface LinkedBlocks {
  readonly content: Omit<LessonContent, 'organisationId' | 'lessonId' | 'own'>;
  /** Nothing has to be written. */
  readonly isUnchanged: boolean;
  /** The ledger's items of blocks and quizzes, settled. */
  readonly items: readonly NewItem[];
  readonly issues: readonly Issue[];
}

/**
 * Links a lesson's blocks and quizzes to ours, and finds out which of them have to be written.
 *
 * @param lesson its item, with the title that it has at the source
 * @param present the blocks that it has now
 */
export async function linkBlocks(
  tx: Transaction,
  scope: LinkScope,
  plan: PlannedLesson,
  fileIds: ReadonlyMap<string, string>,
  lesson: ImportItem,
  present: readonly string[],
): Promise<LinkedBlocks> {
  const fileIdOf = (assetSourceId: string) => linkOf(fileIds, assetSourceId);
  const quizzes = await linkQuizzes(tx, scope, plan.blocks, fileIdOf, lesson);
  const issues: Issue[] = [...quizzes.issues];
  const blocks = plan.blocks.map((planned) => {
    const { block, content } = render(planned, { fileIdOf, quizIdOf: quizzes.idOf }, issues);
    return { block, content, hash: hashOwn('block', { content }) };
  });
  const links = await linkTargets(
    tx,
    scope,
    'block',
    blocks.map(({ block: { sourceId, sourceKind }, hash }) => ({ sourceId, sourceKind, contentHash: hash })),
  );

  const blockIds: string[] = [];
  const changedBlocks: BlockInput[] = [];
  const items: NewItem[] = [...quizzes.items];
  for (const { block, content, hash } of blocks) {
    const { targetId: id, state } = linkOf(links, block.sourceId);
    blockIds.push(id);
    if (!isKept(state)) changedBlocks.push({ id, content });
    if (state === 'edited')
      issues.push(editedIssue('block', block.sourceId, `The part "${shortTitle(block.title)}"`));
    items.push({
      id: newId('item'),
      kind: 'block',
      sourceId: block.sourceId,
      parentId: lesson.id,
      title: block.title,
      position: lesson.position,
      ...(block.problem ? { status: block.problem.status, reason: block.problem.reason } : settledAs(state)),
      targetId: id,
      contentHash: hash,
    });
  }
  const kept = await findKept(
    tx,
    scope,
    present.filter((id) => !blockIds.includes(id)),
  );
  for (const { sourceId } of kept.blocks) issues.push(removedIssue(sourceId));
  const allIds = [...blockIds, ...kept.blocks.map(({ targetId }) => targetId)];
  return {
    content: {
      presentIds: present,
      blockIds: allIds,
      changedBlocks,
      quizIds: [...quizzes.ids, ...kept.quizIds],
      changedQuizzes: quizzes.changed,
    },
    isUnchanged: changedBlocks.length + quizzes.changed.length === 0 && allIds.join() === present.join(),
    items,
    issues,
  };
}

/** Blocks that the source has removed from the lesson, and that somebody changed here: nobody's work is deleted by an import. */
async function findKept(tx: Transaction, scope: LinkScope, removedIds: readonly string[]) {
  const links = scope.overwriteEdits ? [] : await findLinksTo(tx, scope, 'block', removedIds);
  const quizLinks = await findLinks(
    tx,
    scope,
    'quiz',
    links.map(({ sourceId }) => sourceId),
  );
  const edited = await findEdited(tx, 'block', links);
  const editedQuizzes = await findEdited(tx, 'quiz', [...quizLinks.values()]);
  const kept = links.filter(
    ({ sourceId, targetId }) =>
      edited.has(targetId) || editedQuizzes.has(quizLinks.get(sourceId)?.targetId ?? ''),
  );
  return { blocks: kept, quizIds: kept.flatMap(({ sourceId }) => quizLinks.get(sourceId)?.targetId ?? []) };
}

function removedIssue(sourceId: string): Issue {
  return {
    severity: 'todo',
    code: reasons.editedHere,
    message:
      'A part was removed at your school, and had been changed here. Yours is kept: delete it by hand if it is not needed any more.',
    detail: `Block ${sourceId} is not in its lesson any more`,
    itemKind: 'block',
    sourceId,
  };
}

/** A block's content; that of a placeholder when rendering fails. */
function render(
  planned: PlannedBlock,
  references: BlockReferences,
  issues: Issue[],
): { readonly block: PlannedBlock; readonly content: BlockContent } {
  try {
    return { block: planned, content: planned.content(references) };
  } catch (error) {
    const { block, issue } = failedBlock({ ...planned, id: planned.sourceId }, error);
    issues.push(issue);
    return { block, content: block.content(references) };
  }
}

async function linkQuizzes(
  tx: Transaction,
  scope: LinkScope,
  blocks: readonly PlannedBlock[],
  fileIdOf: (assetSourceId: string) => string,
  lesson: ImportItem,
) {
  const quizzes = blocks.flatMap(({ sourceId, quiz }) => {
    if (!quiz) return [];
    const row = { graded: quiz.graded, questions: quiz.questions(fileIdOf) };
    return [{ sourceId, row, hash: hashOwn('quiz', row) }];
  });
  const links = await linkTargets(
    tx,
    scope,
    'quiz',
    quizzes.map(({ sourceId, hash }) => ({ sourceId, contentHash: hash })),
  );

  const changed: QuizInput[] = [];
  const issues: Issue[] = [];
  const items = quizzes.map(({ sourceId, row, hash }): NewItem => {
    const { targetId, state } = linkOf(links, sourceId);
    if (!isKept(state)) changed.push({ id: targetId, ...row });
    if (state === 'edited') issues.push(editedIssue('quiz', sourceId, 'The quiz'));
    return {
      id: newId('item'),
      kind: 'quiz',
      sourceId,
      parentId: lesson.id,
      title: 'Quiz',
      position: lesson.position,
      ...settledAs(state),
      targetId,
      contentHash: hash,
    };
  });
  return {
    idOf: (blockSourceId: string) => linkOf(links, blockSourceId).targetId,
    ids: quizzes.map(({ sourceId }) => linkOf(links, sourceId).targetId),
    changed,
    items,
    issues,
  };
}
