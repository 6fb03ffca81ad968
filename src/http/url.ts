import { AppError } from '../errors/app-error.ts';

const longestDescription = 200;

/**
 * Parses an absolute or (with `base`) relative address of the web. User name, password and fragment are dropped.
 * The host comes back normalised: numbers such as `2130706433` or `0x7f.1` become dotted IPv4 (WHATWG URL, host parser).
 *
 * @throws AppError `URL_INVALID` when it does not parse or is not http(s). The text is never quoted: it may be signed.
 */
export function parseHttpUrl(text: string, base?: URL): URL {
  const url = tryParseUrl(text, base);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new AppError({
      code: 'URL_INVALID',
      message: `Cannot request ${describeUrl(url)}: only http and https addresses are allowed`,
      publicMessage: 'An address in the course is not a web address. Correct it at the source.',
      retry: 'never',
    });
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

/** The parsed address, or null. (`URL.parse` is younger than the oldest Node that we support.) */
export function tryParseUrl(text: string, base?: URL): URL | null {
  return URL.canParse(text, base?.href) ? new URL(text, base) : null;
}

/** What logs and errors may say about an address: host and path. Queries carry signatures, user info passwords. */
export function describeUrl(url: URL | string | null): string {
  const parsed = typeof url === 'string' ? tryParseUrl(url) : url;
  if (parsed === null) return 'an invalid address';
  if (parsed.host === '') return `a ${parsed.protocol} address`;
  const text = `${parsed.host}${parsed.pathname}`;
  return text.length > longestDescription ? `${text.slice(0, longestDescription)}…` : text;
}

/** The host as names compare: lower case, without the root's trailing dot, IPv6 without brackets. */
export function hostName(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
