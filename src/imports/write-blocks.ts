import type { BlockInput, LessonContent, QuizInput } from '../courses/save-lesson.ts';
import type { Transaction } from '../db/client.ts';
import type { BlockContent } from '../db/schema/courses.ts';
import { contentHash } from '../lib/canonical-json.ts';
import { newId } from '../lib/ids.ts';
import type { ImportItem, Issue, NewItem } from './ledger.ts';
import { type BlockReferences, failedBlock, type PlannedBlock, type PlannedLesson } from './plan-lesson.ts';
import { type LinkScope, linkOf, linkTargets } from './source-links.ts';

export interface LinkedBlocks {
  readonly content: Omit<LessonContent, 'organisationId' | 'lessonId' | 'title' | 'published'>;
  /** Of blocks and quizzes, in order; the lesson's own hash is made of them. */
  readonly hashes: readonly string[];
  /** The ledger's items of blocks and quizzes, settled. */
  readonly items: readonly NewItem[];
  readonly issues: readonly Issue[];
}

/** Links a lesson's blocks and quizzes to ours, and finds out which of them have to be written. */
export async function linkBlocks(
  tx: Transaction,
  scope: LinkScope,
  plan: PlannedLesson,
  fileIds: ReadonlyMap<string, string>,
  lesson: ImportItem,
): Promise<LinkedBlocks> {
  const fileIdOf = (assetSourceId: string) => linkOf(fileIds, assetSourceId);
  const quizzes = await linkQuizzes(tx, scope, plan.blocks, fileIdOf, lesson);
  const issues: Issue[] = [];
  const blocks = plan.blocks.map((planned, position) => {
    const { block, content } = render(planned, { fileIdOf, quizIdOf: quizzes.idOf }, issues);
    return { block, content, position, hash: contentHash({ content, position }) };
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
  for (const { block, content, position, hash } of blocks) {
    const { targetId: id, state } = linkOf(links, block.sourceId);
    blockIds.push(id);
    if (state !== 'unchanged') changedBlocks.push({ id, position, content });
    items.push({
      id: newId('item'),
      kind: 'block',
      sourceId: block.sourceId,
      parentId: lesson.id,
      title: block.title,
      position: lesson.position,
      status: block.problem?.status ?? (state === 'unchanged' ? 'unchanged' : 'imported'),
      ...(block.problem ? { reason: block.problem.reason } : {}),
      targetId: id,
      contentHash: hash,
    });
  }
  return {
    content: { blockIds, changedBlocks, quizIds: quizzes.ids, changedQuizzes: quizzes.changed },
    hashes: [...blocks.map(({ hash }) => hash), ...quizzes.hashes],
    items,
    issues,
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
    return [{ sourceId, row, hash: contentHash(row) }];
  });
  const links = await linkTargets(
    tx,
    scope,
    'quiz',
    quizzes.map(({ sourceId, hash }) => ({ sourceId, contentHash: hash })),
  );

  const changed: QuizInput[] = [];
  const items = quizzes.map(({ sourceId, row, hash }): NewItem => {
    const { targetId, state } = linkOf(links, sourceId);
    if (state !== 'unchanged') changed.push({ id: targetId, ...row });
    return {
      id: newId('item'),
      kind: 'quiz',
      sourceId,
      parentId: lesson.id,
      title: 'Quiz',
      position: lesson.position,
      status: state === 'unchanged' ? 'unchanged' : 'imported',
      targetId,
      contentHash: hash,
    };
  });
  return {
    idOf: (blockSourceId: string) => linkOf(links, blockSourceId).targetId,
    ids: quizzes.map(({ sourceId }) => linkOf(links, sourceId).targetId),
    hashes: quizzes.map(({ hash }) => hash),
    changed,
    items,
  };
}
