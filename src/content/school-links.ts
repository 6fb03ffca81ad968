import type { Element } from 'hast';
import { isAppError } from '../errors/app-error.ts';
import { parseHtml, serialiseHtml } from './parse.ts';
import { elementsOf } from './walk.ts';

/** What a link to a page of a school is about, read from its address alone. */
export interface SchoolLink {
  /** Host and port in lower case; empty for a relative link. */
  readonly host: string;
  /** The address's path, without query, for people. */
  readonly path: string;
  /** With its `#`; empty without one. */
  readonly fragment: string;
  /** The lesson or course whose id it carries. */
  readonly target: { readonly kind: 'lesson' | 'course'; readonly sourceId: string } | null;
  /** What stands for the course in the address where it may be its name: in a lesson's address also its id. */
  readonly slug: string | null;
  /** No other kind of site has addresses like this one. */
  readonly isUnmistakable: boolean;
}

const lessonPath = /^\/courses\/([^/]+)\/lectures\/([1-9]\d*)$/;
const enrolledPath = /^\/courses\/enrolled\/([1-9]\d*)$/;
const coursePath = /^\/courses\/([1-9]\d*)$/;
const slugPath = /^\/(?:courses|p)\/([^/]+)$/;
/** Nothing that could mean anything to a server's configuration. */
const slugPattern = /^[\p{L}\p{N}._~-]{1,200}$/u;

/**
 * Reads a link the way Teachable forms its addresses: `/courses/<id or slug>/lectures/<id>`, `/courses/enrolled/<id>`,
 * `/courses/<id or slug>`, `/p/<slug>`. Any web address is read, for a school may have any host.
 *
 * @param href absolute, or relative to the school
 * @returns null for what is no web address, and for places in the same text (`#notes`)
 */
export function readSchoolLink(href: string): SchoolLink | null {
  if (href.trim().startsWith('#') || !URL.canParse(href, relativeBase)) return null;
  const url = new URL(href, relativeBase);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const path = url.pathname.replace(/(?<=.)\/+$/, '');
  const place = {
    host: url.host === new URL(relativeBase).host ? '' : url.host,
    path,
    fragment: url.hash,
  };

  const [, course, lesson] = lessonPath.exec(path) ?? [];
  if (course !== undefined && lesson !== undefined) {
    const target = { kind: 'lesson', sourceId: lesson } as const;
    return { ...place, target, slug: readSlug(course), isUnmistakable: true };
  }
  const enrolled = enrolledPath.exec(path)?.[1];
  const id = enrolled ?? coursePath.exec(path)?.[1];
  if (id !== undefined) {
    const target = { kind: 'course', sourceId: id } as const;
    return { ...place, target, slug: null, isUnmistakable: enrolled !== undefined };
  }
  const slug = readSlug(slugPath.exec(path)?.[1] ?? '');
  return { ...place, target: null, slug, isUnmistakable: false };
}

/** Where every school has an address, whatever its own. */
export function isTeachableHost(host: string): boolean {
  return host.endsWith('.teachable.com');
}

/** The addresses of the links in stored HTML, each once: absolute ones, and relative ones as they came. */
export function hrefsInHtml(html: string): string[] {
  if (!html.includes('href="')) return [];
  const hrefs = readElements(html).flatMap(({ properties }) => {
    const href = properties.href ?? properties.dataSourceHref;
    return typeof href === 'string' ? [href] : [];
  });
  return [...new Set(hrefs)];
}

/**
 * Names in stored HTML what its links to lessons and courses of the school are about: `data-link="lesson:930001"`. For readers
 * who have our texts and not our pages.
 */
export function nameLinks(html: string): string {
  if (!html.includes('href="')) return html;
  const tree = parseHtml(html);
  for (const { properties } of elementsOf(tree)) {
    const href = properties.href ?? properties.dataSourceHref;
    const target = typeof href === 'string' ? readSchoolLink(href)?.target : null;
    if (target) properties.dataLink = `${target.kind}:${target.sourceId}`;
  }
  return serialiseHtml(tree);
}

/** What is too large to be read has no links that anybody could follow: it is not shown either. */
function readElements(html: string): Element[] {
  try {
    return elementsOf(parseHtml(html));
  } catch (error) {
    if (isAppError(error, 'CONTENT_UNREADABLE')) return [];
    throw error;
  }
}

/** Never a host of anybody (RFC 2606). */
const relativeBase = 'https://school.invalid';

function readSlug(text: string): string | null {
  try {
    const slug = decodeURIComponent(text);
    return slugPattern.test(slug) ? slug : null;
  } catch {
    return null;
  }
}
