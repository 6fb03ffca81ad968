import { svgType } from './image-size.ts';
import { maxSvgBytes } from './svg.ts';
import type { PixelSize } from './svg-size.ts';

/** In pixels, ascending: half a phone's screen, a phone's, and a laptop's. */
const widths = [480, 960, 1_600];
/** A width that is hardly smaller than the next one saves nothing. */
const leastStep = 1.25;

/** A smaller file is sent as it is. */
export const leastBytes = 20 * 1024;
/** Larger files are read by nobody's camera; the whole file has to be in memory. */
const mostBytes = 64 * 1024 * 1024;
/** A hundred megapixels, what the largest cameras take. Decoding takes memory in proportion. */
export const mostPixels = 100_000_000;
/** What WebP can hold (RFC 9649 §2.5). */
const longestSide = 16_383;

const photographTypes: readonly string[] = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];

export interface PlannedImage {
  readonly contentType: string;
  readonly bytes: number;
  readonly width?: number | null | undefined;
  readonly height?: number | null | undefined;
}

/** True when pages need other forms of an image than the one that was stored. */
export function needsVariants(image: PlannedImage): boolean {
  const isDrawing = image.contentType === svgType && image.bytes <= maxSvgBytes;
  return isDrawing || planWidths(image).length > 0;
}

/**
 * The widths in which an image is kept besides its own form, ascending and none larger than itself. Empty when it is small, larger
 * than what is decoded, or of a type that browsers take as it is.
 */
export function planWidths({ contentType, bytes, width, height }: PlannedImage): number[] {
  if (!photographTypes.includes(contentType) || !width || !height) return [];
  if (bytes < leastBytes || bytes > mostBytes) return [];
  if (!isDecodable({ width, height })) return [];
  const largest = Math.min(width, widths.at(-1) ?? width);
  if (largest < (widths[0] ?? 0)) return [];
  return [...widths.filter((each) => each * leastStep <= largest), largest];
}

function isDecodable({ width, height }: PixelSize): boolean {
  return width * height <= mostPixels && Math.max(width, height) <= longestSide;
}
