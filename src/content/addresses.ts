/** Hosts that serve files uploaded to Teachable; a link to one is a download, not a page. As seen in its answers. */
const uploadHosts: readonly string[] = [
  'filepicker.io',
  'cloudfront.net',
  'teachablecdn.com',
  'filestackcontent.com',
  'static-media.hotmart.com',
];

/** Players of Teachable's video host. */
const playerHosts: readonly string[] = [
  'play.hotmart.com',
  'player.hotmart.com',
  'contentplayer.hotmart.com',
];

/**
 * Finds hosts of the old school's files and videos in any text, as a regular expression that JavaScript and PostgreSQL read
 * alike.
 */
export const schoolHostPattern = [...uploadHosts, ...playerHosts]
  .map((host) => host.replaceAll('.', '\\.'))
  .join('|');

/** Longest address that is kept; servers commonly refuse longer ones. */
const maxAddressLength = 8_192;

/** What a `href` or `src` of an author points at. */
export type Address =
  | { readonly kind: 'web'; readonly url: URL }
  | { readonly kind: 'contact'; readonly href: string }
  /** Relative, with nothing known that it is relative to. */
  | { readonly kind: 'relative'; readonly text: string }
  /** `data:` and its media type; whether it can be kept is for `dataUrlBytes` to say. */
  | { readonly kind: 'data'; readonly text: string }
  /** Has no place in a course: `javascript:`, `file:`, …; `scheme` for messages. */
  | { readonly kind: 'refused'; readonly scheme: string };

/**
 * Reads an address the way a browser does (WHATWG URL: blanks and line breaks inside are ignored), so nothing hides behind
 * odd spelling. Addresses without scheme (`//host/path`) are taken as https.
 */
export function readAddress(value: string, base: URL | null): Address | null {
  const text = value.trim();
  if (text === '') return null;
  const parsed = tryUrl(text, undefined);
  if (parsed?.protocol === 'data:') return { kind: 'data', text: parsed.href };
  if (text.length > maxAddressLength) return { kind: 'refused', scheme: 'too long' };
  if (parsed) return ofAbsolute(parsed);

  const resolved =
    tryUrl(text, base ?? undefined) ?? (text.startsWith('//') ? tryUrl(`https:${text}`) : null);
  if (resolved) return ofAbsolute(resolved);
  // With a scheme it would have parsed, unless it is broken.
  return /^[a-z][a-z0-9+.-]*:/i.test(text)
    ? { kind: 'refused', scheme: 'broken' }
    : { kind: 'relative', text };
}

/** Also where a local stand-in `<host>.localhost` serves in place of the host (RFC 6761). */
export function isUploadHost(url: URL): boolean {
  const host = url.hostname.replace(/\.localhost$/, '');
  return uploadHosts.some((known) => host === known || host.endsWith(`.${known}`));
}

/**
 * A file's name as the end of its address tells it, without the handle that upload hosts put before it; null when there is
 * none with an extension.
 */
export function fileNameInUrl(address: string): string | null {
  const url = tryUrl(address);
  if (url === null || url.protocol === 'data:') return null;
  const last = decode(url.pathname.split('/').at(-1) ?? '').replace(/^[A-Za-z0-9]{20}_/, '');
  const name = last
    .normalize('NFC')
    .replace(/[\s\p{Cc}/\\]+/gu, ' ')
    .trim();
  return /[^.]\.[A-Za-z0-9]{1,10}$/.test(name) ? name : null;
}

function ofAbsolute(url: URL): Address {
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    url.username = '';
    url.password = '';
    return { kind: 'web', url };
  }
  if (url.protocol === 'mailto:' || url.protocol === 'tel:') return { kind: 'contact', href: url.href };
  return { kind: 'refused', scheme: url.protocol };
}

/** The parsed address, or null. (`URL.parse` is younger than the oldest Node that we support.) */
function tryUrl(text: string, base?: URL): URL | null {
  return URL.canParse(text, base?.href) ? new URL(text, base) : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
