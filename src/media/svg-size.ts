import type { DefaultTreeAdapterTypes } from 'parse5';

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** What a browser takes when a picture says nothing (CSS 2.1 §10.3.2). */
const fallback: PixelSize = { width: 300, height: 150 };

/** Larger figures say how somebody's program counts, not how large the drawing is. */
const longestSide = 16_383;

/**
 * The size of a drawing on a page: its own in pixels, else that of its `viewBox` (SVG 2 §8.3), in whole pixels. A drawing without
 * `viewBox` gets the one that shows it whole at any size.
 */
export function readSvgSize(root: DefaultTreeAdapterTypes.Element): PixelSize & { readonly viewBox: string } {
  const attribute = (name: string) => root.attrs.find((one) => one.name === name)?.value ?? '';
  const box = readViewBox(attribute('viewBox'));
  const width = readPixels(attribute('width'));
  const height = readPixels(attribute('height'));
  const ratio = box ? box.width / box.height : 0;
  const size: PixelSize =
    width && height
      ? { width, height }
      : box && width
        ? { width, height: width / ratio }
        : box && height
          ? { width: height * ratio, height }
          : (box ?? fallback);
  const shrink = Math.min(1, longestSide / Math.max(size.width, size.height));
  const whole = {
    width: Math.max(1, Math.round(size.width * shrink)),
    height: Math.max(1, Math.round(size.height * shrink)),
  };
  return { ...whole, viewBox: box?.text ?? `0 0 ${size.width} ${size.height}` };
}

function readViewBox(value: string): (PixelSize & { readonly text: string }) | null {
  const numbers = value
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const [, , width, height] = numbers;
  if (numbers.length !== 4 || !numbers.every(Number.isFinite)) return null;
  return width && height && width > 0 && height > 0 ? { width, height, text: numbers.join(' ') } : null;
}

function readPixels(value: string): number | null {
  const [, number] = /^\s*(\d{1,9}(?:\.\d{1,9})?)(?:px)?\s*$/.exec(value) ?? [];
  return Number(number ?? 0) > 0 ? Number(number) : null;
}
