import { and, asc, eq, inArray, or } from 'drizzle-orm';
import { safeFileName } from '../assets/file-name.ts';
import type { Database } from '../db/client.ts';
import type { BlockContent } from '../db/schema/courses.ts';
import { assets, files } from '../db/schema/index.ts';
import { findVariants } from './image-variants.ts';
import type { FileView, QuizView } from './types.ts';

/** Files that HTML refers to; `src/content` writes the attribute in this form only. */
const fileReference = /data-file="(fil_[0-9A-Za-z]+)"/g;

/** The files that a cleaned HTML text refers to, in order. */
export function filesInHtml(html: string): string[] {
  return [...html.matchAll(fileReference)].flatMap(([, id]) => (id === undefined ? [] : [id]));
}

/** Puts something else where a cleaned HTML text refers to files. */
export function replaceFilesInHtml(html: string, replace: (fileId: string) => string): string {
  return html.replace(fileReference, (_, fileId: string) => `data-file="${replace(fileId)}"`);
}

/** The files that a block refers to. */
export function filesInBlock(content: BlockContent): string[] {
  if ('fileId' in content) return [content.fileId];
  return content.kind === 'text' ? filesInHtml(content.html) : [];
}

/** The files that a quiz's questions refer to. */
export function filesInQuiz(quiz: QuizView): string[] {
  return htmlInQuiz(quiz).flatMap(filesInHtml);
}

/** The HTML in a quiz's questions. */
export function htmlInQuiz({ questions }: Pick<QuizView, 'questions'>): string[] {
  return questions.flatMap(({ format, prompt }) => (format === 'html' ? [prompt] : []));
}

/**
 * Files with their bytes' facts, and the posters and subtitles that go with them, by id. Unknown ids, and those of other
 * organisations, are left out.
 */
export async function findFiles(
  database: Database,
  organisationId: string,
  ids: readonly string[],
): Promise<Record<string, FileView>> {
  if (ids.length === 0) return {};
  const rows = await database
    .select({ file: files, asset: assets })
    .from(files)
    .leftJoin(assets, eq(assets.id, files.assetId))
    .where(
      and(
        eq(files.organisationId, organisationId),
        or(inArray(files.id, [...new Set(ids)]), inArray(files.ofFileId, [...new Set(ids)])),
      ),
    )
    .orderBy(asc(files.name), asc(files.id));
  const companions = rows.flatMap(({ file }) => (file.ofFileId === null ? [] : [file]));
  const variants = await findVariants(
    database,
    rows.flatMap(({ asset }) => (asset?.contentType.startsWith('image/') ? [asset.id] : [])),
  );
  return Object.fromEntries(
    rows.map(({ file, asset }) => [
      file.id,
      {
        ...toFileView(
          file,
          asset,
          companions.filter(({ ofFileId }) => ofFileId === file.id),
        ),
        variants: variants.get(asset?.id ?? '') ?? [],
      },
    ]),
  );
}

/** A file as readers see it, without its variants. */
export function toFileView(
  file: typeof files.$inferSelect,
  asset: typeof assets.$inferSelect | null,
  companions: readonly (typeof files.$inferSelect)[] = [],
): FileView {
  return {
    id: file.id,
    kind: file.kind,
    name: asset === null ? file.name : finalName(file, asset.extension),
    asset: asset && {
      id: asset.id,
      sha256: asset.sha256,
      bytes: asset.bytes,
      contentType: asset.contentType,
      extension: asset.extension,
      width: asset.width,
      height: asset.height,
      durationMs: asset.durationMs,
    },
    posterFileId: companions.find(({ track }) => track === null)?.id ?? null,
    tracks: companions.flatMap(({ id, track }) => (track ? [{ fileId: id, ...track }] : [])),
    variants: [],
  };
}

/** Uploads keep the name of what was recorded, such as `talk.mkv`, although the platform has made an MP4 of it. */
const videoExtension = /\.(3gp|avi|flv|m4v|mkv|mov|mp4|mpe?g|mts|ogv|webm|wmv)$/i;

function finalName({ kind, name }: typeof files.$inferSelect, extension: string): string {
  if (kind !== 'video') return safeFileName(name, extension);
  return safeFileName(`${name.replace(videoExtension, '')}.${extension}`, extension);
}
