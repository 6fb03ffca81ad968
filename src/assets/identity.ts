import { createHash } from 'node:crypto';
import { parseHttpUrl } from '../http/url.ts';

export interface AssetIdentity {
  /** Short and stable: the same bytes under several addresses have one key. Holds no signature. */
  readonly key: string;
  /** Where to fetch the original: the inner address when a resizing proxy wraps it. May be signed. */
  readonly fetchUrl: string;
}

/** Proxies whose path ends in the whole address of the original. */
const wrappingHosts: readonly string[] = [
  'process.fs.teachablecdn.com',
  'cdn.fs.teachablecdn.com',
  'cdn.filestackcontent.com',
  'static-media.hotmart.com',
];

/** Hosts whose paths hold a handle that names the bytes for ever; `name` is ours. */
const handles: ReadonlyArray<{ name: string; host: RegExp; path: RegExp }> = [
  {
    name: 'filestack',
    host: /^www\.filepicker\.io$/,
    path: /^\/api\/file\/([A-Za-z0-9]{16,32})(?:\/|$)/,
  },
  {
    name: 'filestack',
    host: /^(cdn\.fs\.teachablecdn\.com|cdn\.filestackcontent\.com)$/,
    path: /^\/([A-Za-z0-9]{16,32})\/?$/,
  },
  { name: 'cloudfront', host: /\.cloudfront\.net$/, path: /^\/([A-Za-z0-9]{16,32})_/ },
  {
    name: 'upload',
    host: /^uploads\.teachablecdn\.com$/,
    path: /^\/attachments\/([A-Za-z0-9]{16,32})(?=[_.]|$)/,
  },
  {
    name: 'file-upload',
    host: /^file-uploads\.teachablecdn\.com$/,
    path: /^\/([0-9a-f]{32}\/[0-9a-f]{32})(?:\/|$)/i,
  },
];

/** Hosts whose whole query is a signature that is new with each call. */
const signedHosts = /(^|\.)hotmart\.com$/;

/** Query parameters that sign an address: CloudFront, Amazon S3, Akamai, Filestack. */
const signatureParameters = /^(expires|signature|key-pair-id|policy|x-amz-.*|hdnts|hdnea|hdntl|token|sig)$/i;

const deepestWrapping = 5;

/**
 * Tells which bytes an asset's address stands for. Addresses of Teachable's hosts are known by their handle, others by
 * their host, path and unsigned query. A host may carry the suffix `.localhost:<port>` (RFC 6761), which makes it a
 * stand-in on this machine for the real one.
 *
 * @throws AppError `URL_INVALID`
 */
export function identifyAsset(address: string, base?: URL): AssetIdentity {
  let url = parseHttpUrl(address, base);
  for (let depth = 0; depth < deepestWrapping; depth++) {
    const inner = unwrap(url);
    if (inner === null) break;
    url = inner;
  }
  return { key: handleOf(url) ?? addressKey(url), fetchUrl: url.href };
}

function unwrap(url: URL): URL | null {
  if (!wrappingHosts.includes(realHost(url))) return null;
  const [, start] = /^\/.*?(https?(?::|%3A)(?:\/|%2F){1,2}.+)$/i.exec(url.pathname) ?? [];
  if (start === undefined) return null;
  const inner = /^https?%3A/i.test(start) ? decode(start) : start;
  return URL.canParse(inner) ? parseHttpUrl(inner + url.search) : null;
}

function handleOf(url: URL): string | null {
  const host = realHost(url);
  for (const { name, host: hosts, path } of handles) {
    const handle = hosts.test(host) ? path.exec(url.pathname)?.[1] : undefined;
    if (handle !== undefined) return `${name}:${handle}`;
  }
  return null;
}

function addressKey(url: URL): string {
  const host = realHost(url);
  const query = new URLSearchParams(url.search);
  for (const name of [...query.keys()]) {
    if (signedHosts.test(host) || signatureParameters.test(name)) query.delete(name);
  }
  // Two spellings of one escape (%c3, %C3) name the same thing (RFC 3986 §6.2.2.1).
  const path = url.pathname.replace(/%[0-9a-f]{2}/gi, (octet) => octet.toUpperCase());
  const port = isStandIn(url) ? '' : url.port;
  const digest = createHash('sha256').update(`${host}:${port}${path}?${query}`).digest('hex');
  return `url:${digest.slice(0, 32)}`;
}

function realHost(url: URL): string {
  return url.hostname.replace(/\.localhost$/, '').replace(/\.$/, '');
}

/** The port of a stand-in changes from start to start and names nothing. */
function isStandIn(url: URL): boolean {
  return url.hostname.endsWith('.localhost');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
