import type { QuizQuestion } from '../db/schema/courses.ts';
import type { SourceBlock, SourceQuizQuestion } from '../sources/types.ts';
import type { AssetCollector } from './found-assets.ts';
import type { Issue } from './ledger.ts';
import { type FileIdOf, type HtmlPlace, planHtml } from './plan-html.ts';

export interface PlannedQuiz {
  readonly graded: boolean;
  questions(fileIdOf: FileIdOf): QuizQuestion[];
}

/** Prompts come as plain text or as HTML, and nothing says which (public samples are plain): a tag decides. */
const tag = /<\/?[a-z][^>]*>/i;

/** Cleans a quiz's questions and collects the files in them. */
export function planQuiz(
  block: SourceBlock & { readonly kind: 'quiz' },
  assets: AssetCollector,
  baseUrl: string | null,
): { readonly quiz: PlannedQuiz; readonly issues: Issue[] } {
  const planned = block.questions.map((question) =>
    planQuestion(question, { itemKind: 'block', sourceId: block.id, name: 'a quiz', baseUrl }, assets),
  );
  return {
    quiz: {
      graded: block.graded,
      questions: (fileIdOf) => planned.map(({ question }) => question(fileIdOf)),
    },
    issues: planned.flatMap(({ issues }) => issues),
  };
}

function planQuestion(
  { prompt, type, answers, review, raw }: SourceQuizQuestion,
  place: HtmlPlace,
  assets: AssetCollector,
): { question(fileIdOf: FileIdOf): QuizQuestion; readonly issues: readonly Issue[] } {
  const rest = { type, answers, review, ...(review === null ? {} : { raw }) };
  if (!tag.test(prompt)) {
    return { question: () => ({ prompt, format: 'plain', ...rest }), issues: [] };
  }
  const { prepared, resolver, issues } = planHtml(prompt, assets, place);
  return {
    question: (fileIdOf) => ({ prompt: prepared.render(resolver(fileIdOf)), format: 'html', ...rest }),
    issues,
  };
}
