/** Largest image that may sit inside a text, in bytes; larger ones belong into a file. */
export const maxDataUrlBytes = 2 * 1024 * 1024;

/** Raster formats only: SVG is a document that can hold scripts. */
const dataUrl =
  /^data:(image\/(?:png|jpe?g|gif|webp|avif|bmp))(?:;[a-z]+=[\w-]+)*;base64,([A-Za-z0-9+/=\s]+)$/i;

export interface DataUrlBytes {
  readonly bytes: Buffer;
  /** As claimed, lower case. */
  readonly contentType: string;
}

/** The bytes of an image inside a `data:` address (RFC 2397); null when it is anything else, empty or too large. */
export function dataUrlBytes(url: string): DataUrlBytes | null {
  if (url.length > maxDataUrlBytes * 1.4) return null;
  const [, contentType, base64] = dataUrl.exec(safelyDecoded(url)) ?? [];
  if (contentType === undefined || base64 === undefined) return null;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0 || bytes.length > maxDataUrlBytes) return null;
  return { bytes, contentType: contentType.toLowerCase() };
}

/** Base64 may come percent-encoded, as everything in an address may. */
function safelyDecoded(url: string): string {
  try {
    return url.includes('%') ? decodeURIComponent(url) : url;
  } catch {
    return url;
  }
}
