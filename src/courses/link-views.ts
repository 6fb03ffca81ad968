import { and, eq, inArray, or } from 'drizzle-orm';
import { hrefsInHtml, isTeachableHost, readSchoolLink, type SchoolLink } from '../content/school-links.ts';
import type { Database, Transaction } from '../db/client.ts';
import { connections, courseSlugs, courses, lessons, sourceLinks } from '../db/schema/index.ts';
import { chunks } from '../lib/chunks.ts';
import type { LinkView } from './types.ts';

/** Values of a statement; PostgreSQL takes at most 65,535 parameters. */
const valuesAtOnce = 1_000;

/**
 * What of ours the links in stored HTML lead to, by their addresses. Stored links keep the school's addresses, which carry the
 * ids of lessons and courses there: so it does not matter which course was imported first, and no import has to write another
 * course's texts.
 */
export async function findLinkViews(
  database: Database | Transaction,
  organisationId: string,
  htmls: readonly string[],
): Promise<Record<string, LinkView>> {
  const links = new Map<string, SchoolLink>();
  for (const href of new Set(htmls.flatMap(hrefsInHtml))) {
    const link = readSchoolLink(href);
    if (link && (link.target || link.slug !== null)) links.set(href, link);
  }
  const resolve = await findTargets(database, organisationId, [...links.values()]);
  return Object.fromEntries(
    [...links].flatMap(([href, link]) => {
      const target = resolve(link);
      return target ? [[href, { ...target, fragment: link.fragment }] as const] : [];
    }),
  );
}

export type FoundTarget = Pick<LinkView, 'courseId' | 'lessonId'>;

/**
 * Looks up many links at once.
 *
 * @returns a function that answers for each of them; null for what is not here
 */
export async function findTargets(
  database: Database | Transaction,
  organisationId: string,
  links: readonly SchoolLink[],
): Promise<(link: SchoolLink) => FoundTarget | null> {
  const ids = (kind: 'lesson' | 'course') =>
    links.flatMap(({ target }) => (target?.kind === kind ? [target.sourceId] : []));
  // One after the other: inside of a transaction they share its connection.
  const lessonsById = await findLessons(database, organisationId, ids('lesson'));
  const coursesById = await findCourses(database, organisationId, ids('course'));
  const named = links.filter(({ target, slug }) => target === null && slug !== null);
  const coursesBySlug = await findSlugs(database, organisationId, named);
  const isSchool = await findSchoolHosts(
    database,
    organisationId,
    links.flatMap((link) => (coursesById.has(link.target?.sourceId ?? '') ? [link.host] : [])),
  );
  return ({ target, host, slug, isUnmistakable }) => {
    if (target?.kind === 'lesson') return lessonsById.get(target.sourceId) ?? null;
    if (target && !isUnmistakable && !isSchool(host)) return null;
    const courseId = target ? coursesById.get(target.sourceId) : coursesBySlug.get(`${host}/${slug}`);
    return courseId === undefined ? null : { courseId, lessonId: null };
  };
}

async function findLessons(database: Database | Transaction, organisationId: string, ids: readonly string[]) {
  const found = new Map<string, FoundTarget>();
  for (const part of chunks([...new Set(ids)], valuesAtOnce)) {
    const rows = await database
      .select({ sourceId: sourceLinks.sourceId, lessonId: lessons.id, courseId: lessons.courseId })
      .from(sourceLinks)
      .innerJoin(lessons, eq(lessons.id, sourceLinks.targetId))
      .where(
        and(
          eq(sourceLinks.organisationId, organisationId),
          eq(sourceLinks.kind, 'lesson'),
          inArray(sourceLinks.sourceId, part),
        ),
      );
    for (const { sourceId, ...target } of rows) found.set(sourceId, target);
  }
  return found;
}

async function findCourses(database: Database | Transaction, organisationId: string, ids: readonly string[]) {
  const found = new Map<string, string>();
  for (const part of chunks([...new Set(ids)], valuesAtOnce)) {
    const rows = await database
      .select({ sourceId: sourceLinks.sourceId, courseId: courses.id })
      .from(sourceLinks)
      .innerJoin(courses, eq(courses.id, sourceLinks.targetId))
      .where(
        and(
          eq(sourceLinks.organisationId, organisationId),
          eq(sourceLinks.kind, 'course'),
          inArray(sourceLinks.sourceId, part),
        ),
      );
    for (const { sourceId, courseId } of rows) found.set(sourceId, courseId);
  }
  return found;
}

/** Which hosts are those of a school: other sites have pages called `/courses/7`, too. */
async function findSchoolHosts(
  database: Database | Transaction,
  organisationId: string,
  hosts: readonly string[],
): Promise<(host: string) => boolean> {
  const known = new Set(['']);
  const asked = [...new Set(hosts)].filter((host) => host !== '');
  if (asked.length > 0) {
    const schools = await database
      .select({ schoolUrls: connections.schoolUrls })
      .from(connections)
      .where(eq(connections.organisationId, organisationId));
    for (const url of schools.flatMap(({ schoolUrls }) => schoolUrls)) known.add(new URL(url).host);
    const learnt = await database
      .selectDistinct({ host: courseSlugs.host })
      .from(courseSlugs)
      .innerJoin(
        sourceLinks,
        and(
          eq(sourceLinks.organisationId, courseSlugs.organisationId),
          eq(sourceLinks.kind, 'lesson'),
          eq(sourceLinks.sourceId, courseSlugs.lessonSourceId),
        ),
      )
      .where(and(eq(courseSlugs.organisationId, organisationId), inArray(courseSlugs.host, asked)));
    for (const { host } of learnt) known.add(host);
  }
  return (host) => known.has(host) || isTeachableHost(host);
}

async function findSlugs(
  database: Database | Transaction,
  organisationId: string,
  links: readonly SchoolLink[],
) {
  const found = new Map<string, string>();
  const named = new Map(links.map((link) => [`${link.host}/${link.slug}`, link]));
  for (const part of chunks([...named.values()], valuesAtOnce)) {
    const rows = await database
      .select({ host: courseSlugs.host, slug: courseSlugs.slug, courseId: lessons.courseId })
      .from(courseSlugs)
      .innerJoin(
        sourceLinks,
        and(
          eq(sourceLinks.organisationId, courseSlugs.organisationId),
          eq(sourceLinks.source, courseSlugs.source),
          eq(sourceLinks.kind, 'lesson'),
          eq(sourceLinks.sourceId, courseSlugs.lessonSourceId),
        ),
      )
      .innerJoin(lessons, eq(lessons.id, sourceLinks.targetId))
      .where(
        and(
          eq(courseSlugs.organisationId, organisationId),
          or(
            ...part.map(({ host, slug }) =>
              and(eq(courseSlugs.host, host), eq(courseSlugs.slug, slug ?? '')),
            ),
          ),
        ),
      );
    for (const { host, slug, courseId } of rows) found.set(`${host}/${slug}`, courseId);
  }
  return found;
}
