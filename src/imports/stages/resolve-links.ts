import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { findSchoolUrls } from '../../accounts/connections.ts';
import { schoolHostPattern } from '../../content/addresses.ts';
import { hrefsInHtml, isTeachableHost, readSchoolLink, type SchoolLink } from '../../content/school-links.ts';
import { findTargets } from '../../courses/link-views.ts';
import type { Transaction } from '../../db/client.ts';
import { courseSlugs, courses, importIssues, lessons, sourceLinks } from '../../db/schema/index.ts';
import { chunks } from '../../lib/chunks.ts';
import { type CourseText, courseTexts } from '../course-texts.ts';
import type { ImportRow } from '../find-import.ts';
import { inLesson } from '../in-lesson.ts';
import { type Issue, recordIssues } from '../ledger.ts';
import { keyOf } from '../states.ts';

/** Rows of a statement; PostgreSQL takes at most 65,535 parameters. */
const rowsAtOnce = 1_000;

/** What a link, or a text, was found in. */
type Place = Omit<CourseText, 'text' | 'isHtml'>;

interface FoundLink extends SchoolLink {
  readonly place: Place;
}

/**
 * Part of the last stage: reads the course's texts once, and notes which links still lead to the old school and where its file
 * hosts are still named. Links are not rewritten: they are looked up when they are shown (see `findLinkViews`), so that a
 * course which is imported later is found, too; what earlier imports noted of it is resolved here.
 */
export async function resolveLinks(tx: Transaction, row: ImportRow): Promise<void> {
  if (row.courseId === null) return;
  const origins = await findSchoolUrls(tx, row.connectionId);
  const told = origins.map((origin) => new URL(origin).host);
  const links: FoundLink[] = [];
  const leftovers: Issue[] = [];
  for await (const { text, isHtml, ...place } of courseTexts(
    tx,
    row.courseId,
    row.sourceCourseId,
    patternOf(told),
  )) {
    leftovers.push(...leftoversIn(text, place));
    if (!isHtml) continue;
    for (const href of hrefsInHtml(text)) {
      const link = readSchoolLink(href);
      if (link) links.push({ ...link, place });
    }
  }
  await learnSlugs(tx, row, links, told);
  const resolve = await findTargets(tx, row.organisationId, links);
  const hosts = new Set([...told, ...links.filter((link) => resolve(link)).map(({ host }) => host), '']);
  const open = links.filter((link) => resolve(link) === null && isOfSchool(link, hosts));
  await recordIssues(tx, keyOf(row), [...leftovers, ...open.flatMap(issueOf)]);
  await settleEarlierIssues(tx, row);
}

/** What texts with a link to the school, or with an address of its files, have in them; others are not read at all. */
function patternOf(hosts: readonly string[]): string {
  const escaped = hosts.map((host) => host.replace(/[^\w-]/g, '\\$&'));
  return [schoolHostPattern, '/(courses|p)/', 'data-source-href', '[.]teachable[.]com', ...escaped].join('|');
}

/** Ids of lessons tell whose links they are; a course's name in an address tells nothing of its host. */
function isOfSchool({ host, isUnmistakable }: SchoolLink, hosts: ReadonlySet<string>): boolean {
  return isUnmistakable || hosts.has(host) || isTeachableHost(host);
}

/** A link with a course's name and a lesson's id tells the name of that lesson's course, at all hosts of the school. */
async function learnSlugs(
  tx: Transaction,
  { organisationId, source }: ImportRow,
  links: readonly FoundLink[],
  schoolHosts: readonly string[],
): Promise<void> {
  const rows = new Map<string, typeof courseSlugs.$inferInsert>();
  for (const { target, slug, host: own } of links) {
    if (target?.kind !== 'lesson' || slug === null) continue;
    for (const host of schoolHosts.includes(own) ? schoolHosts : [own])
      rows.set(`${host}/${slug}`, { organisationId, source, host, slug, lessonSourceId: target.sourceId });
  }
  for (const part of chunks([...rows.values()], rowsAtOnce)) {
    await tx
      .insert(courseSlugs)
      .values(part)
      .onConflictDoUpdate({
        target: [courseSlugs.organisationId, courseSlugs.source, courseSlugs.host, courseSlugs.slug],
        set: { lessonSourceId: sql`excluded.lesson_source_id` },
      });
  }
}

function leftoversIn(text: string, place: Place): Issue[] {
  const hosts = text.match(new RegExp(`[\\w.-]*(?:${schoolHostPattern})`, 'gi')) ?? [];
  return [...new Set(hosts.map((host) => host.toLowerCase()))].flatMap((host) =>
    at(place, {
      severity: 'todo',
      code: 'ASSET_HOST_LEFT',
      message: `${capital(place.name)} still refers to a file or player of the old school (${host}), which stops working when the school is closed. Replace it by hand.`,
      detail: null,
      itemKind: place.itemKind,
      sourceId: place.sourceId,
    }),
  );
}

/**
 * What is told about a link that leads to the old school still. Its item is what the link leads to, so that a later import of
 * that can settle it; the lesson is where the link stands.
 */
function issueOf({ place, target, slug, host, path }: FoundLink): Issue[] {
  const address = `${host}${path}`;
  const detail = `Found in ${place.itemKind} ${place.sourceId}: ${address}`;
  if (target === null && slug === null) {
    return at(place, {
      severity: 'warning',
      code: 'LINK_TO_SCHOOL',
      message: `${capital(place.name)} links to a page of your school that has no counterpart here (${shown(address)}). Change the link by hand.`,
      detail,
      itemKind: place.itemKind,
      sourceId: place.sourceId,
    });
  }
  const what = target === null ? `the page "${shown(path)}"` : `${target.kind} ${target.sourceId}`;
  return at(place, {
    severity: 'warning',
    code: unresolvedCode,
    message: `${capital(place.name)} links to ${what} of your school, which is not here (${shown(address)}). When its course is imported, the link leads here by itself.`,
    detail,
    itemKind: target?.kind ?? 'course',
    sourceId: target?.sourceId ?? slugId(host, slug),
  });
}

const unresolvedCode = 'LINK_UNRESOLVED';

/** The source id of a course of which only the name in its address is known. */
function slugId(host: string, slug: string | null): string {
  return `slug:${host}/${slug}`;
}

function at({ lesson }: Place, issue: Issue): Issue[] {
  return lesson ? inLesson(lesson, [issue]) : [{ ...issue, lessonSourceId: null }];
}

const mostCharacters = 120;

function shown(address: string): string {
  return address.length > mostCharacters ? `${address.slice(0, mostCharacters - 1)}…` : address;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Links of courses that were imported earlier lead here now: what was noted of them is done. */
async function settleEarlierIssues(tx: Transaction, row: ImportRow): Promise<void> {
  const isHere = sql`exists (select 1 from ${sourceLinks}
    where ${sourceLinks.organisationId} = ${importIssues.organisationId} and ${sourceLinks.kind} = ${importIssues.itemKind}
      and ${sourceLinks.sourceId} = ${importIssues.sourceId}
      and (exists (select 1 from ${lessons} where ${lessons.id} = ${sourceLinks.targetId})
        or exists (select 1 from ${courses} where ${courses.id} = ${sourceLinks.targetId})))`;
  const isNamed = sql`exists (select 1 from ${courseSlugs}
    join ${sourceLinks} on ${sourceLinks.organisationId} = ${courseSlugs.organisationId} and ${sourceLinks.kind} = 'lesson'
      and ${sourceLinks.sourceId} = ${courseSlugs.lessonSourceId}
    where ${courseSlugs.organisationId} = ${importIssues.organisationId}
      and 'slug:' || ${courseSlugs.host} || '/' || ${courseSlugs.slug} = ${importIssues.sourceId})`;
  await tx
    .update(importIssues)
    .set({ resolvedAt: sql`now()`, resolvedBy: 'import' })
    .where(
      and(
        eq(importIssues.organisationId, row.organisationId),
        eq(importIssues.code, unresolvedCode),
        isNull(importIssues.resolvedAt),
        or(isHere, isNamed),
      ),
    );
}
