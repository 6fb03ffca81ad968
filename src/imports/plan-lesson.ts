import { readEmbed } from '../content/embeds.ts';
import type { BlockContent } from '../db/schema/courses.ts';
import { readErrorFacts } from '../jobs/error-facts.ts';
import { redactText } from '../jobs/redact.ts';
import type { SourceBlock, SourceLesson } from '../sources/types.ts';
import { AssetCollector, type FoundAsset } from './found-assets.ts';
import { type Issue, type Reason, reasons } from './ledger.ts';
import { type FileIdOf, planHtml } from './plan-html.ts';
import { type PlannedQuiz, planQuiz } from './plan-quiz.ts';

/** Our ids of what a block refers to. */
export interface BlockReferences {
  readonly fileIdOf: FileIdOf;
  readonly quizIdOf: (blockSourceId: string) => string;
}

/** A block that is about to be written; its content waits for our ids. */
export interface PlannedBlock {
  /** The source's id of the block; a text that was cut at its embeds counts its parts: `77:1`, `77:2`. */
  readonly sourceId: string;
  readonly sourceKind: string;
  readonly title: string;
  readonly quiz: PlannedQuiz | null;
  /** Set when nothing better than a placeholder can stand here. */
  readonly problem: { readonly status: 'skipped' | 'failed'; readonly reason: Reason } | null;
  content(references: BlockReferences): BlockContent;
}

export interface PlannedLesson {
  readonly blocks: readonly PlannedBlock[];
  readonly assets: readonly FoundAsset[];
  readonly issues: readonly Issue[];
}

/**
 * Maps a lesson of the source to blocks of ours. Pure, and never lets one block cost the lesson: a block that cannot be mapped
 * becomes a placeholder with an issue. Its issues do not name the lesson yet (see `inLesson`).
 *
 * @param baseUrl the school's address, if it is known
 */
export function planLesson(
  sourceCourseId: string,
  lesson: SourceLesson,
  baseUrl: string | null,
): PlannedLesson {
  const assets = new AssetCollector();
  const issues: Issue[] = lesson.remarks.map(({ blockSourceId, ...remark }) => ({
    ...remark,
    itemKind: blockSourceId === null ? 'lesson' : 'block',
    sourceId: blockSourceId ?? lesson.id,
  }));
  const blocks = lesson.blocks.flatMap((block) => {
    try {
      return planBlock(block, { courseId: sourceCourseId, lessonId: lesson.id, baseUrl }, assets, issues);
    } catch (error) {
      const failure = failedBlock(block, error);
      issues.push(failure.issue);
      return [failure.block];
    }
  });
  return { blocks, assets: assets.all, issues };
}

/** What stands in the place of a block that could not be mapped or rendered, and what is told about it. */
export function failedBlock(
  block: Pick<SourceBlock, 'id' | 'sourceKind'>,
  error: unknown,
): { readonly block: PlannedBlock; readonly issue: Issue } {
  const facts = readErrorFacts(error);
  const message = 'This part of the lesson could not be converted. A placeholder stands in its place.';
  return {
    block: {
      ...base(block, block.sourceKind),
      problem: { status: 'failed', reason: facts.code },
      content: () => ({ kind: 'unsupported', sourceKind: block.sourceKind, reason: message, raw: block }),
    },
    issue: {
      severity: 'error',
      code: facts.code,
      message,
      detail: redactText(`${facts.name}: ${facts.message}`),
      itemKind: 'block',
      sourceId: block.id,
    },
  };
}

function planBlock(
  block: SourceBlock,
  {
    baseUrl,
    ...place
  }: {
    readonly courseId: string;
    readonly lessonId: string;
    readonly baseUrl: string | null;
  },
  assets: AssetCollector,
  issues: Issue[],
): PlannedBlock[] {
  switch (block.kind) {
    case 'text':
      return planText(block, baseUrl, assets, issues);
    case 'code':
      return [
        {
          ...base(block, 'Code'),
          content: () => ({ kind: 'code', code: block.code, language: block.language }),
        },
      ];
    case 'embed': {
      const embed = readEmbed(block);
      return [{ ...base(block, embed.provider ?? 'Embed'), content: () => ({ kind: 'embed', ...embed }) }];
    }
    case 'quiz': {
      const { quiz, issues: found } = planQuiz(block, assets, baseUrl);
      issues.push(...found);
      return [
        {
          ...base(block, 'Quiz'),
          quiz,
          content: ({ quizIdOf }) => ({ kind: 'quiz', quizId: quizIdOf(block.id) }),
        },
      ];
    }
    case 'video': {
      const { url, fileName, extension } = block;
      const video = { ...place, videoId: block.id };
      const asset = assets.addVideo({ kind: 'video', url, fileName, extension, video });
      return [
        { ...base(block, fileName), content: ({ fileIdOf }) => ({ kind: 'video', fileId: fileIdOf(asset) }) },
      ];
    }
    case 'image':
    case 'audio':
    case 'pdf':
    case 'file': {
      const { kind, url, fileName, extension } = block;
      const asset = assets.add({ kind, url, fileName, extension, video: null }, { isNamed: true });
      return [
        {
          ...base(block, fileName),
          content: ({ fileIdOf }) =>
            kind === 'image'
              ? { kind, fileId: fileIdOf(asset), alt: null }
              : { kind, fileId: fileIdOf(asset) },
        },
      ];
    }
    case 'unsupported': {
      const { sourceKind, reason, raw } = block;
      return [
        {
          ...base(block, sourceKind),
          problem: { status: 'skipped', reason: reasons.unsupported },
          content: () => ({ kind: 'unsupported', sourceKind, reason, raw }),
        },
      ];
    }
    default:
      return block satisfies never;
  }
}

/** A text is cut at the embeds inside of it: they are blocks of their own. */
function planText(
  block: SourceBlock & { readonly kind: 'text' },
  baseUrl: string | null,
  assets: AssetCollector,
  issues: Issue[],
): PlannedBlock[] {
  const {
    prepared,
    resolver,
    issues: found,
  } = planHtml(block.html, assets, {
    itemKind: 'block',
    sourceId: block.id,
    name: 'a text',
    baseUrl,
  });
  issues.push(...found);
  if (prepared.parts.length === 0) {
    return [{ ...base(block, 'Text'), content: () => ({ kind: 'text', html: '' }) }];
  }
  return prepared.parts.map((part, index) => {
    const id = prepared.parts.length === 1 ? block.id : `${block.id}:${index + 1}`;
    return part.kind === 'embed'
      ? {
          ...base({ ...block, id }, part.embed.provider ?? 'Embed'),
          content: () => ({ kind: 'embed', ...part.embed }),
        }
      : {
          ...base({ ...block, id }, 'Text'),
          content: ({ fileIdOf }: BlockReferences) => ({
            kind: 'text',
            html: part.render(resolver(fileIdOf)),
          }),
        };
  });
}

function base(block: Pick<SourceBlock, 'id' | 'sourceKind'>, title: string) {
  return { sourceId: block.id, sourceKind: block.sourceKind, title, quiz: null, problem: null };
}
