/** What a request says about where it comes from. */
export interface Provenance {
  readonly method: string;
  /** The header `Host`. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The header `Sec-Fetch-Site`, which browsers add and scripts cannot change. */
  readonly fetchSite: string | undefined;
}

const readingMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * In dev mode nobody has to prove anything, so a page of any website that the developer visits could send events or read
 * runs. A name of a website that leads to this machine (DNS rebinding) shows in `Host`; a request that another website's
 * page makes shows in `Origin` and `Sec-Fetch-Site`. Following a link is no such request, and tells the website nothing.
 *
 * @returns why the request is refused, or null if it comes from this machine
 */
export function whyForeign({ method, host, origin, fetchSite }: Provenance): string | null {
  if (host !== undefined && !isLoopback(`http://${host}`)) {
    return `Cannot answer for the host "${host}": in dev mode the engine is reached at 127.0.0.1 or localhost only`;
  }
  if (origin !== undefined && !isLoopback(origin)) {
    return `Cannot take a request from the site "${origin}": in dev mode only pages of this machine may send any`;
  }
  if (readingMethods.includes(method)) return null;
  if (fetchSite === 'cross-site') {
    return 'Cannot take a request from another website: in dev mode only pages of this machine may send any';
  }
  return null;
}

/** Nearly all requests come with the same few names. */
const knownUrls = new Map<string, boolean>();
const maxKnownUrls = 100;

function isLoopback(url: string): boolean {
  const known = knownUrls.get(url) ?? isLoopbackUrl(url);
  if (knownUrls.size < maxKnownUrls) knownUrls.set(url, known);
  return known;
}

function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
