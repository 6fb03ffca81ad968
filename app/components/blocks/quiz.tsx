import type { HtmlReferences, QuizView } from '../../../src/courses/types.ts';
import type { QuizQuestion } from '../../../src/db/schema/courses.ts';
import { formatQuantity } from '../../lib/format.ts';
import { Badge } from '../badge.tsx';
import { CourseHtml } from '../course-html.tsx';
import { Placeholder } from './placeholder.tsx';

export interface QuizProps {
  readonly quiz: QuizView | undefined;
  readonly references: HtmlReferences;
}

/** A quiz with its solutions, for the owner to check what arrived. */
export function Quiz({ quiz, references }: QuizProps) {
  if (!quiz) return <Placeholder title="A missing quiz" />;
  return (
    <section aria-label="Quiz" className="card p-4 sm:p-6">
      <h2 className="text-lg">Quiz</h2>
      <p className="text-muted text-sm">
        {formatQuantity(quiz.questions.length, 'question')}, {quiz.graded ? 'graded' : 'not graded'}
      </p>
      <ol className="mt-4 list-decimal space-y-6 pl-6">
        {quiz.questions.map((question, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: questions have no other identity and never move
          <li key={index} className="pl-1">
            <Question question={question} references={references} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Question({
  question,
  references,
}: {
  readonly question: QuizQuestion;
  readonly references: HtmlReferences;
}) {
  return (
    <>
      {question.format === 'html' ? (
        <CourseHtml html={question.prompt} references={references} />
      ) : (
        <p>{question.prompt}</p>
      )}
      <ul className="mt-2 space-y-1">
        {question.answers.map((answer, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: answers may have equal texts and never move
          <li key={index} className="flex items-baseline gap-2">
            <span aria-hidden="true" className={answer.correct ? 'text-good' : 'text-muted'}>
              {answer.correct ? '✓' : '○'}
            </span>
            <span className={answer.correct ? 'font-medium' : ''}>
              {answer.text}
              {answer.correct && <span className="sr-only"> (correct)</span>}
            </span>
          </li>
        ))}
      </ul>
      {question.review && (
        <p className="mt-2 flex flex-wrap items-baseline gap-2 text-sm">
          <Badge word={{ label: 'Please check', tone: 'warn' }} /> {question.review}
        </p>
      )}
    </>
  );
}
