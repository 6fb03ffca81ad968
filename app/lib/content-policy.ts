export interface PagePolicyOptions {
  /** Fresh and unguessable for each answer; only scripts and styles that carry it run. */
  readonly nonce: string;
  /** Origins whose players and forms may be framed in lessons, such as `https://player.vimeo.com`. */
  readonly frameSources: readonly string[];
  /** Origins, beside our own, from which the files of courses come: that of a bucket. */
  readonly fileSources: readonly string[];
  /** React's development build evaluates code and injects styles. */
  readonly development: boolean;
}

/** The content security policy of a page (W3C CSP Level 3). Course content is hostile: nothing of it may run in our origin. */
export function pagePolicy({ nonce, frameSources, fileSources, development }: PagePolicyOptions): string {
  const directives = {
    'default-src': ["'none'"],
    'script-src': [
      "'self'",
      `'nonce-${nonce}'`,
      "'strict-dynamic'",
      ...(development ? ["'unsafe-eval'"] : []),
    ],
    'style-src': ["'self'", development ? "'unsafe-inline'" : `'nonce-${nonce}'`],
    'img-src': ["'self'", 'data:', ...fileSources],
    'media-src': ["'self'", ...fileSources],
    'font-src': ["'self'"],
    'connect-src': ["'self'"],
    'manifest-src': ["'self'"],
    'frame-src': ["'self'", ...frameSources, ...fileSources],
    'form-action': ["'self'"],
    'base-uri': ["'none'"],
    'frame-ancestors': ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');
}
