import type { BlockView, LessonView } from '../../../src/courses/types.ts';
import type { BlockContent } from '../../../src/db/schema/courses.ts';
import { CourseHtml } from '../course-html.tsx';
import { Embed } from './embed.tsx';
import { FileBlock } from './file-block.tsx';
import { Placeholder } from './placeholder.tsx';
import { Quiz } from './quiz.tsx';
import { SourceText } from './source-text.tsx';

type LessonParts = Pick<LessonView, 'files' | 'links' | 'quizzes'>;

/** One piece of a lesson, by its kind. */
export function Block({ block, lesson }: { readonly block: BlockView; readonly lesson: LessonParts }) {
  return (
    <div id={block.id} data-kind={block.content.kind}>
      <Content content={block.content} lesson={lesson} />
    </div>
  );
}

function Content({ content, lesson }: { readonly content: BlockContent; readonly lesson: LessonParts }) {
  switch (content.kind) {
    case 'text':
      return <CourseHtml html={content.html} references={lesson} />;
    case 'video':
    case 'audio':
    case 'file':
    case 'pdf':
      return <FileBlock kind={content.kind} file={lesson.files[content.fileId]} alt={null} />;
    case 'image':
      return <FileBlock kind="image" file={lesson.files[content.fileId]} alt={content.alt} />;
    case 'quiz':
      return <Quiz quiz={lesson.quizzes[content.quizId]} references={lesson} />;
    case 'code':
      return (
        <pre className="card wrap-anywhere whitespace-pre-wrap p-4 font-mono text-sm">
          <code>{content.code}</code>
        </pre>
      );
    case 'embed':
      return (
        <Embed frameUrl={content.frameUrl} provider={content.provider} sourceHtml={content.sourceHtml} />
      );
    case 'unsupported':
      return (
        <Placeholder title="This part could not be brought over">
          <p>{content.reason}</p>
          <SourceText
            label={`What the school has here (${content.sourceKind})`}
            text={JSON.stringify(content.raw, null, 2)}
          />
        </Placeholder>
      );
    default:
      return content satisfies never;
  }
}
