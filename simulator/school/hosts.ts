/** How a host answers HEAD: truthfully, with `Content-Length: 0`, or with 403. People saw all three. */
export type HeadAnswer = 'honest' | 'empty' | 'forbidden';

export interface AssetHost {
  readonly name: string;
  readonly acceptsRanges: boolean;
  readonly head: HeadAnswer;
}

/** The hosts that a school's URLs point at. */
export const assetHosts: readonly AssetHost[] = [
  { name: 'www.filepicker.io', acceptsRanges: false, head: 'empty' },
  { name: 'd1watercolour0.cloudfront.net', acceptsRanges: true, head: 'honest' },
  { name: 'cdn.fs.teachablecdn.com', acceptsRanges: true, head: 'empty' },
  { name: 'process.fs.teachablecdn.com', acceptsRanges: false, head: 'honest' },
  { name: 'cdn.filestackcontent.com', acceptsRanges: true, head: 'honest' },
  { name: 'file-uploads.teachablecdn.com', acceptsRanges: true, head: 'forbidden' },
  { name: 'uploads.teachablecdn.com', acceptsRanges: true, head: 'honest' },
  { name: 'static-media.hotmart.com', acceptsRanges: false, head: 'honest' },
  { name: 'vod-akm.play.hotmart.com', acceptsRanges: true, head: 'honest' },
  { name: 'img-akm.play.hotmart.com', acceptsRanges: false, head: 'honest' },
];

export const playerHost = 'vod-akm.play.hotmart.com';
export const posterHost = 'img-akm.play.hotmart.com';

const suffix = '.localhost';
const names = assetHosts.map(({ name }) => name.replaceAll('.', '\\.')).join('|');
// Plain URLs, URLs inside wrappers (one slash instead of two), and percent-encoded ones.
const plainUrl = new RegExp(`https?:(//?)(${names})(?=[/?"'\\s\\\\]|$)`, 'g');
const encodedUrl = new RegExp(`https?%3A%2F%2F(${names})(?=%2F)`, 'gi');
const protocolRelativeUrl = new RegExp(`(?<=["'(\\s])//(${names})(?=/)`, 'g');
const localHost = new RegExp(`(${names})\\.localhost:\\d+`, 'g');

/** Points every URL of a known host at this simulator: `https://HOST/…` becomes `http://HOST.localhost:PORT/…`. */
export function localiseUrls(text: string, port: number): string {
  return text
    .replace(plainUrl, (_, slashes: string, name: string) => `http:${slashes}${name}${suffix}:${port}`)
    .replace(encodedUrl, (_, name: string) => `http%3A%2F%2F${name}${suffix}%3A${port}`)
    .replace(protocolRelativeUrl, (_, name: string) => `//${name}${suffix}:${port}`);
}

/** The inverse for paths that carry another URL: `HOST.localhost:PORT` becomes `HOST`. */
export function realUrls(text: string): string {
  return text.replace(localHost, '$1').replace(/\.localhost%3A\d+/gi, '');
}

/** The asset host that a `Host` header names, undefined for the API itself. */
export function findAssetHost(hostHeader: string): AssetHost | undefined {
  const hostName = hostHeader.replace(/:\d+$/, '').toLowerCase();
  return assetHosts.find(({ name }) => hostName === `${name}${suffix}`);
}
