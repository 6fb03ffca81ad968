import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { pagePath } from '../courses/page-path.ts';
import { connections, courseSlugs, courses, imports, lessons, sourceLinks } from '../db/schema/index.ts';
import { AppError } from '../errors/app-error.ts';
import { notFound } from '../errors/not-found.ts';
import { type Redirect, type RedirectFormat, writeRedirects } from './redirect-formats.ts';

export interface RedirectMapQuery {
  /** One course, ours. Either this or the connection. */
  readonly courseId?: string;
  /** All courses that were imported by it. */
  readonly connectionId?: string;
  readonly format: RedirectFormat;
  /** Origin of the new pages, such as `https://courses.example`; without it their addresses are paths. */
  readonly targetOrigin?: string;
}

export interface RedirectMap {
  readonly text: string;
  readonly contentType: string;
  readonly fileName: string;
  readonly redirects: number;
}

/**
 * Where the old addresses of courses and lessons have moved to, for the server that answers for the old school's domain.
 *
 * @throws {AppError} `NOT_FOUND` for an unknown course or connection; `INPUT_INVALID` when neither or both are named, or when
 * the origin is none
 */
export async function getRedirectMap(
  context: Pick<Context, 'database' | 'organisationId'>,
  { courseId, connectionId, format, targetOrigin }: RedirectMapQuery,
): Promise<RedirectMap> {
  if ((courseId === undefined) === (connectionId === undefined))
    throw inputInvalid('name either a course or a connection');
  const origin = targetOrigin === undefined ? '' : readOrigin(targetOrigin);
  const courseIds = courseId === undefined ? await coursesOf(context, connectionId ?? '') : [courseId];
  const redirects = await findRedirects(context, courseIds, origin);
  if (courseId !== undefined && redirects.length === 0) throw notFound('imported course', courseId);
  return { ...writeRedirects(redirects, format), redirects: redirects.length };
}

async function coursesOf(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  connectionId: string,
): Promise<string[]> {
  const ofOwner = and(eq(connections.id, connectionId), eq(connections.organisationId, organisationId));
  const known = await database.select({ id: connections.id }).from(connections).where(ofOwner);
  if (known.length === 0) throw notFound('connection', connectionId);
  const rows = await database
    .selectDistinct({ courseId: imports.courseId })
    .from(imports)
    .where(and(eq(imports.connectionId, connectionId), eq(imports.organisationId, organisationId)));
  return rows.flatMap((row) => row.courseId ?? []);
}

/** By course and place in it. */
async function findRedirects(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  courseIds: readonly string[],
  origin: string,
): Promise<Redirect[]> {
  if (courseIds.length === 0) return [];
  const ofOwner = (kind: 'course' | 'lesson') =>
    and(eq(sourceLinks.organisationId, organisationId), eq(sourceLinks.kind, kind));
  const courseRows = await database
    .select({ courseId: courses.id, sourceId: sourceLinks.sourceId })
    .from(sourceLinks)
    .innerJoin(courses, eq(courses.id, sourceLinks.targetId))
    .where(and(ofOwner('course'), inArray(courses.id, [...courseIds])))
    .orderBy(asc(courses.id));
  const lessonRows = await database
    .select({ courseId: lessons.courseId, lessonId: lessons.id, sourceId: sourceLinks.sourceId })
    .from(sourceLinks)
    .innerJoin(lessons, eq(lessons.id, sourceLinks.targetId))
    .where(and(ofOwner('lesson'), inArray(lessons.courseId, [...courseIds])))
    .orderBy(asc(lessons.courseId), asc(lessons.sectionId), asc(lessons.position), asc(lessons.id));
  const slugRows = await database
    .selectDistinct({ slug: courseSlugs.slug, courseId: lessons.courseId })
    .from(courseSlugs)
    .innerJoin(sourceLinks, and(ofOwner('lesson'), eq(sourceLinks.sourceId, courseSlugs.lessonSourceId)))
    .innerJoin(lessons, eq(lessons.id, sourceLinks.targetId))
    .where(and(eq(courseSlugs.organisationId, organisationId), inArray(lessons.courseId, [...courseIds])))
    .orderBy(asc(courseSlugs.slug));

  const lessonsOf = new Map<string, typeof lessonRows>(courseRows.map(({ courseId }) => [courseId, []]));
  for (const row of lessonRows) lessonsOf.get(row.courseId)?.push(row);
  return courseRows.flatMap(({ courseId, sourceId }): Redirect[] => {
    const slugs = slugRows
      .filter((row) => row.courseId === courseId && row.slug !== sourceId)
      .map(({ slug }) => slug);
    const to = `${origin}${pagePath(courseId)}`;
    return [
      ...[`/courses/enrolled/${sourceId}`, `/courses/${sourceId}`].map((from) => ({
        from,
        to,
        lesson: null,
      })),
      ...slugs.flatMap((slug) =>
        [`/courses/${slug}`, `/p/${slug}`].map((from) => ({ from, to, lesson: null })),
      ),
      ...(lessonsOf.get(courseId) ?? []).map((lesson) => ({
        from: `/courses/${sourceId}/lectures/${lesson.sourceId}`,
        to: `${origin}${pagePath(courseId, lesson.lessonId)}`,
        lesson: lesson.sourceId,
      })),
    ];
  });
}

function readOrigin(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw inputInvalid(`"${text.slice(0, 100)}" is no http or https address`);
  return new URL(text).origin;
}

function inputInvalid(problem: string): AppError {
  return new AppError({
    code: 'INPUT_INVALID',
    message: `Cannot make a redirect map: ${problem}`,
    publicMessage: `The redirect map cannot be made: ${problem}.`,
    retry: 'never',
  });
}
