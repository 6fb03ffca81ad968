import type { SourceQuizQuestion } from '../types.ts';
import { parseQuizQuestion, type WireQuizQuestion } from './schemas.ts';

/** Types whose answers we understand. `fill_blank` and `matching` exist too, in a form that is not documented. */
const knownTypes: readonly string[] = ['single', 'multiple'];

export interface MappedQuiz {
  /** A setting of the whole quiz that Teachable repeats on each question. A survey stays a survey. */
  readonly graded: boolean;
  readonly questions: readonly SourceQuizQuestion[];
}

/** Maps all questions; one that cannot be read is kept for review with what was sent. */
export function mapQuiz(wireQuestions: readonly unknown[]): MappedQuiz {
  const parsed = wireQuestions.map((raw) => ({ raw, wire: parseQuizQuestion(raw) }));
  return {
    graded: parsed.some(({ wire }) => wire?.graded === true),
    questions: parsed.map(({ raw, wire }) => (wire ? mapQuestion(wire, raw) : unreadableQuestion(raw))),
  };
}

function mapQuestion(wire: WireQuizQuestion, raw: unknown): SourceQuizQuestion {
  const type = wire.question_type ?? 'unknown';
  const texts = textsOf(wire.answers);
  const correct = matchCorrectAnswers(texts, textsOf(wire.correct_answers));
  return {
    prompt: wire.question.normalize('NFC').trim(),
    type,
    answers: texts.map((text, index) => ({
      text: text.normalize('NFC').trim(),
      correct: correct.indexes.has(index),
    })),
    review: reviewReasons(wire, type, correct).join(' ') || null,
    raw,
  };
}

interface CorrectAnswers {
  readonly indexes: ReadonlySet<number>;
  readonly ambiguous: boolean;
  readonly unmatched: number;
}

/** Correct answers come as texts. Compared as sent first: answers may differ in their blanks alone. */
function matchCorrectAnswers(answers: readonly string[], correct: readonly string[]): CorrectAnswers {
  const matches = [...new Set(correct)].map((text) => {
    const exact = indexesWhere(answers, (answer) => answer === text);
    return exact.length > 0 ? exact : indexesWhere(answers, (answer) => answer.trim() === text.trim());
  });
  return {
    indexes: new Set(matches.flat()),
    ambiguous: matches.some((indexes) => indexes.length > 1),
    unmatched: matches.filter((indexes) => indexes.length === 0).length,
  };
}

function reviewReasons(wire: WireQuizQuestion, type: string, correct: CorrectAnswers): string[] {
  const reasons: string[] = [];
  if (!knownTypes.includes(type)) {
    reasons.push(`Questions of the type "${type}" cannot be shown yet; build it again.`);
  }
  if (correct.ambiguous) {
    reasons.push('Several answers have the same text; all of them are marked as correct.');
  }
  if (correct.unmatched > 0) reasons.push('A correct answer is not among the answers.');
  if (wire.graded === true && correct.indexes.size === 0) reasons.push('No answer is marked as correct.');
  if (type === 'single' && correct.indexes.size > 1 && !correct.ambiguous) {
    reasons.push('Several answers are correct although only one can be chosen.');
  }
  if (textsOf(wire.answers).length < (wire.answers?.length ?? 0)) {
    reasons.push('Some answers could not be read.');
  }
  return reasons;
}

function unreadableQuestion(raw: unknown): SourceQuizQuestion {
  return { prompt: '', type: 'unknown', answers: [], review: 'The question could not be read.', raw };
}

function textsOf(list: readonly unknown[] | null): string[] {
  return (list ?? []).filter((element) => typeof element === 'string');
}

function indexesWhere(texts: readonly string[], matches: (text: string) => boolean): number[] {
  return texts.flatMap((text, index) => (matches(text) ? [index] : []));
}
