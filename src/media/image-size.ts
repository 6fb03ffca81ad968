import { readFile, stat } from 'node:fs/promises';
import { imageUnusable } from './errors.ts';
import { sharp } from './image-decoder.ts';
import { cleanSvg, maxSvgBytes } from './svg.ts';
import type { PixelSize } from './svg-size.ts';

/** A drawing. */
export const svgType = 'image/svg+xml';

/** Types whose images either have a size that can be read, or are broken. */
const checkedTypes: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', svgType];

/**
 * Reads the size of an image as it is shown, in pixels, from its headers: orientation is applied, and nothing is decoded.
 *
 * @throws {AppError} `ASSET_TYPE_WRONG` for a drawing that cannot be cleaned; errors of the decoder for others
 */
export async function readImageSize(path: string, contentType: string): Promise<PixelSize> {
  if (contentType === svgType) {
    const { width, height } = cleanSvg(await readSvg(path));
    return { width, height };
  }
  const { autoOrient } = await sharp(path, { limitInputPixels: false }).metadata();
  return { width: autoOrient.width, height: autoOrient.height };
}

/**
 * Refuses a file that stands where a page shows an image and that no browser could show.
 *
 * @param file its facts as `readMediaFacts` gave them
 * @throws {AppError} `ASSET_TYPE_WRONG`, never to be repeated
 */
export async function assertShowable(
  kind: string,
  file: { readonly path: string; readonly contentType: string; readonly width?: number },
): Promise<void> {
  const { path, contentType, width } = file;
  if (kind !== 'image' || width !== undefined || !checkedTypes.includes(contentType)) return;
  // A drawing tells why it has no size.
  if (contentType === svgType) cleanSvg(await readSvg(path));
  throw imageUnusable(`its bytes begin like ${contentType} but cannot be read as that`);
}

async function readSvg(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > maxSvgBytes) throw imageUnusable(`it is an SVG of more than ${maxSvgBytes} bytes`);
  return readFile(path);
}
