import { toCsv } from '../lib/csv.ts';

/** One address that has moved. */
export interface Redirect {
  /** Path at the old school. */
  readonly from: string;
  /** Path or address of our page. */
  readonly to: string;
  /** The source's id of the lesson, for servers that look at it alone: the course in a lesson's address may be an id or a name. */
  readonly lesson: string | null;
}

export const redirectFormats = ['csv', 'json', 'nginx', 'next'] as const;
export type RedirectFormat = (typeof redirectFormats)[number];

interface WrittenRedirects {
  readonly text: string;
  readonly contentType: string;
  readonly fileName: string;
}

/** Writes redirects the way that a server, or a person, reads them. */
export function writeRedirects(redirects: readonly Redirect[], format: RedirectFormat): WrittenRedirects {
  switch (format) {
    case 'csv': {
      const rows = redirects.map(({ from, to }) => [from, to]);
      const text = toCsv([['from', 'to'], ...rows]);
      return { text, contentType: 'text/csv; charset=utf-8', fileName: 'redirects.csv' };
    }
    case 'json':
      return asJson(
        redirects.map(({ from, to }) => ({ from, to })),
        'redirects.json',
      );
    case 'next':
      return asJson(
        redirects.map(({ from, to, lesson }) => ({
          source: lesson === null ? literal(from) : `/courses/:course/lectures/${literal(lesson)}`,
          destination: literal(to, /^https?:\/\/[^/]*/.exec(to)?.[0]),
          permanent: true,
        })),
        'next-redirects.json',
      );
    case 'nginx':
      return {
        text: nginxMap(redirects),
        contentType: 'text/plain; charset=utf-8',
        fileName: 'redirects.nginx.conf',
      };
    default:
      return format satisfies never;
  }
}

function asJson(value: unknown, fileName: string): WrittenRedirects {
  return {
    text: `${JSON.stringify(value, null, 2)}\n`,
    contentType: 'application/json; charset=utf-8',
    fileName,
  };
}

/** Text that path-to-regexp, which Next.js matches paths with, takes as it is; `start` is left as it is, too. */
function literal(text: string, start = ''): string {
  return start + text.slice(start.length).replace(/[\\:()*+?{}[\]!]/g, '\\$&');
}

/**
 * Maps that are looked up by hash, whatever the number of lessons. Paths in `$uri` are decoded and compared without case
 * (nginx.org, ngx_http_map_module).
 */
function nginxMap(redirects: readonly Redirect[]): string {
  const entries = (of: readonly Redirect[], key: (one: Redirect) => string) =>
    of.map((one) => `    ${quoted(key(one))} ${quoted(noVariable(one.to))};`);
  const pages = redirects.filter(({ lesson }) => lesson === null);
  const lessons = redirects.filter(({ lesson }) => lesson !== null);
  return [
    '# In the http block. Raise map_hash_max_size (and map_hash_bucket_size) if nginx asks for it.',
    'map $uri $courseport_lecture {',
    '    default "";',
    '    "~^/courses/[^/]+/lectures/([0-9]+)/?$" $1;',
    '}',
    'map $courseport_lecture $courseport_lesson {',
    '    default "";',
    ...entries(lessons, ({ lesson }) => lesson ?? ''),
    '}',
    'map $uri $courseport_course {',
    '    default "";',
    ...entries(pages, ({ from }) => from),
    '}',
    '# In the server block of the old domain:',
    '#     if ($courseport_lesson) { return 301 $courseport_lesson; }',
    '#     if ($courseport_course) { return 301 $courseport_course; }',
    '',
  ].join('\n');
}

/** A string of nginx in which nothing ends it. Control characters have no place in an address. */
function quoted(text: string): string {
  return `"${text.replace(/\p{Cc}/gu, '').replace(/["\\]/g, '\\$&')}"`;
}

/** nginx has no way to write a dollar sign in a value; an address has (RFC 3986 §2.1). */
function noVariable(address: string): string {
  return address.replaceAll('$', '%24');
}
