import { and, eq, inArray } from 'drizzle-orm';
import { nameLinks } from '../content/school-links.ts';
import type { Context } from '../context.ts';
import type { BlockContent } from '../db/schema/courses.ts';
import { assets, sourceLinks } from '../db/schema/index.ts';
import { filesInBlock, replaceFilesInHtml } from './file-views.ts';
import { getCourse } from './get-course.ts';
import { getLesson } from './get-lesson.ts';
import type { FileView, QuizView } from './types.ts';

/** Grows when a reader of the format would have to change. */
const formatVersion = 1;

/** Stands where a file's bytes could not be had. */
const missingAsset = 'missing';

export interface ExportedAsset {
  readonly sha256: string;
  readonly bytes: number;
  readonly storageKey: string;
}

/**
 * Reads a course as the document of docs/export.md: in its own order, without our ids and without times, so that equal
 * courses give equal documents.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function readExport(
  context: Pick<Context, 'database' | 'organisationId'>,
  courseId: string,
): Promise<{ readonly document: object; readonly assets: ExportedAsset[]; readonly lessons: number }> {
  const course = await getCourse(context, courseId);
  const used: FileView[] = [course.image, course.author?.image ?? null].filter((file) => file !== null);
  const sources = await sourcesOf(context, [courseId, ...course.sections.map(({ id }) => id)]);
  const ownFiles = course.references.files;
  used.push(...Object.values(ownFiles));

  const sections = [];
  let lessonCount = 0;
  for (const section of course.sections) {
    const lessons = [];
    for (const summary of section.lessons) {
      const lesson = await getLesson(context, summary.id);
      const lessonSources = await sourcesOf(context, [lesson.id, ...lesson.blocks.map(({ id }) => id)]);
      used.push(...Object.values(lesson.files));
      lessonCount += 1;
      lessons.push({
        source: lessonSources.get(lesson.id) ?? null,
        title: lesson.title,
        published: lesson.published,
        blocks: lesson.blocks.map(({ id, content }) => ({
          source: lessonSources.get(id) ?? null,
          ...exportBlock(content, lesson.files, lesson.quizzes),
        })),
      });
    }
    sections.push({
      source: sources.get(section.id) ?? null,
      title: section.title,
      published: section.published,
      lessons,
    });
  }

  const facts = new Map(used.flatMap(({ asset }) => (asset ? [[asset.sha256, asset] as const] : [])));
  return {
    document: {
      format: 'courseport-course',
      version: formatVersion,
      source: sources.get(courseId) ?? null,
      title: course.title,
      subtitle: course.subtitle,
      descriptionHtml: exportHtml(course.descriptionHtml, ownFiles),
      image: exportFile(course.image),
      author: course.author && {
        name: course.author.name,
        bioHtml: exportHtml(course.author.bioHtml, ownFiles),
        image: exportFile(course.author.image),
      },
      sections,
      assets: [...facts.values()]
        .map(({ id: _id, ...asset }) => asset)
        .sort((left, right) => (left.sha256 < right.sha256 ? -1 : 1)),
    },
    assets: await storedAssets(context, [...facts.keys()]),
    lessons: lessonCount,
  };
}

function exportBlock(
  content: BlockContent,
  files: Readonly<Record<string, FileView>>,
  quizzes: Readonly<Record<string, QuizView>>,
): object {
  switch (content.kind) {
    case 'text':
      return {
        kind: content.kind,
        html: exportHtml(content.html, files),
        files: [...new Set(filesInBlock(content))].map((id) => exportFile(files[id] ?? null)),
      };
    case 'image':
      return { kind: content.kind, alt: content.alt, file: exportFile(files[content.fileId] ?? null) };
    case 'video': {
      const file = files[content.fileId];
      return {
        kind: content.kind,
        file: exportFile(file ?? null),
        poster: exportFile(files[file?.posterFileId ?? ''] ?? null),
        tracks: (file?.tracks ?? []).map(({ language, label, fileId }) => ({
          language,
          label,
          file: exportFile(files[fileId] ?? null),
        })),
      };
    }
    case 'audio':
    case 'pdf':
    case 'file':
      return { kind: content.kind, file: exportFile(files[content.fileId] ?? null) };
    case 'quiz': {
      const quiz = quizzes[content.quizId];
      return {
        kind: content.kind,
        graded: quiz?.graded ?? false,
        questions: (quiz?.questions ?? []).map((question) => ({
          ...question,
          prompt: question.format === 'html' ? exportHtml(question.prompt, files) : question.prompt,
        })),
      };
    }
    case 'code':
    case 'embed':
    case 'unsupported':
      return content;
    default:
      return content satisfies never;
  }
}

function exportFile(file: FileView | null): object | null {
  return file && { name: file.name, kind: file.kind, asset: assetReference(file) };
}

function exportHtml(html: string | null, files: Readonly<Record<string, FileView>>): string | null {
  return html === null ? null : replaceFilesInHtml(nameLinks(html), (id) => assetReference(files[id]));
}

function assetReference(file: FileView | undefined): string {
  return `asset:${file?.asset?.sha256 ?? missingAsset}`;
}

/** Where our objects came from, by our id. */
async function sourcesOf(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  targetIds: readonly string[],
): Promise<Map<string, { platform: string; id: string; kind: string }>> {
  const rows = await database
    .select({
      targetId: sourceLinks.targetId,
      platform: sourceLinks.source,
      id: sourceLinks.sourceId,
      kind: sourceLinks.kind,
      sourceKind: sourceLinks.sourceKind,
    })
    .from(sourceLinks)
    .where(
      and(eq(sourceLinks.organisationId, organisationId), inArray(sourceLinks.targetId, [...targetIds])),
    );
  return new Map(
    rows.map(({ targetId, platform, id, kind, sourceKind }) => [
      targetId,
      { platform, id, kind: sourceKind ?? kind },
    ]),
  );
}

async function storedAssets(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  hashes: readonly string[],
): Promise<ExportedAsset[]> {
  if (hashes.length === 0) return [];
  return database
    .select({ sha256: assets.sha256, bytes: assets.bytes, storageKey: assets.storageKey })
    .from(assets)
    .where(and(eq(assets.organisationId, organisationId), inArray(assets.sha256, [...hashes])));
}
