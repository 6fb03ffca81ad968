import type { FileView } from '../../src/courses/types.ts';
import { fileUrl, variantUrl } from './file-urls.ts';

/** One image in several forms, of which a browser takes the smallest that it can show (HTML, the `picture` element). */
export interface Picture {
  /** For browsers that take none of the sources. */
  readonly url: string;
  /** In pixels; keep the page from jumping while the image loads. */
  readonly width?: number;
  readonly height?: number;
  /** In the order of preference. */
  readonly sources: ReadonlyArray<{ readonly type: string; readonly srcSet: string }>;
}

/**
 * How wide a lesson shows an image: as wide as its column. A browser that knows `auto` measures the place of a lazy image itself,
 * the others leave the word out.
 */
export const pictureSizes = 'auto, (min-width: 52rem) 48rem, 100vw';

const shownTypes = /^image\/(png|apng|jpeg|gif|webp|avif)$/;

/** Null when no browser can show the file as an image, or nobody has cleaned the drawing that it is. */
export function pictureOf({ id, asset, variants }: FileView): Picture | null {
  if (!asset) return null;
  const drawing = variants.find(({ format }) => format === 'svg');
  if (drawing) {
    const { width, height, sha256 } = drawing;
    return { url: variantUrl(id, sha256), width, height, sources: [] };
  }
  if (!shownTypes.test(asset.contentType)) return null;
  const { width, height } = asset;
  const sources = (['avif', 'webp'] as const).flatMap((format) => {
    const candidates = variants
      .filter((variant) => variant.format === format)
      .map((variant) => `${variantUrl(id, variant.sha256)} ${variant.width}w`);
    return candidates.length === 0 ? [] : [{ type: `image/${format}`, srcSet: candidates.join(', ') }];
  });
  return { url: fileUrl(id), ...(width && height ? { width, height } : {}), sources };
}
