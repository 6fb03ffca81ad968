import { sharp } from './image-decoder.ts';
import type { EncodedVariant } from './image-variants.ts';
import { mostPixels } from './variant-plan.ts';

/** Longest time for one step of the library, in seconds; an image that takes longer is shown as it is. */
const timeoutS = 60;

/** As good as the eye can tell on photographs and on screenshots with text. More effort takes many times longer for 10 %. */
const avif = { quality: 55, effort: 1 };
const webp = { quality: 80, effort: 4 };

/**
 * Encodes an image in several widths, each as AVIF and as WebP: turned as it is shown, in sRGB with 8 bits, without metadata such
 * as places. It is decoded once. A format whose widest form is not smaller than the original is left out whole: a browser would take
 * one of the narrow forms, where it should show the original.
 *
 * @param widths ascending, as `planWidths` gives them
 * @returns empty for an animation, which is shown as it is
 * @throws {Error} the library's own when the image is broken, cut off, or larger than `mostPixels`
 */
export async function encodeVariants(original: Buffer, widths: readonly number[]): Promise<EncodedVariant[]> {
  const largest = widths.at(-1);
  if (largest === undefined || (await isAnimated(original))) return [];
  const pixels = await sharp(original, { limitInputPixels: mostPixels, sequentialRead: true })
    .timeout({ seconds: timeoutS })
    .autoOrient()
    .resize({ width: largest })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });

  const { width, height, channels } = pixels.info;
  const form = async (format: 'avif' | 'webp', to: number): Promise<EncodedVariant> => {
    const image = sharp(pixels.data, { raw: { width, height, channels } })
      .timeout({ seconds: timeoutS })
      .resize({ width: to });
    const { data, info } = await (format === 'avif' ? image.avif(avif) : image.webp(webp)).toBuffer({
      resolveWithObject: true,
    });
    return { format, width: info.width, height: info.height, content: data };
  };
  const encoded: EncodedVariant[] = [];
  for (const format of ['avif', 'webp'] as const) {
    const full = await form(format, largest);
    if (full.content.length >= original.length) continue;
    for (const each of widths.slice(0, -1)) encoded.push(await form(format, each));
    encoded.push(full);
  }
  return encoded;
}

async function isAnimated(original: Buffer): Promise<boolean> {
  const { pages = 1 } = await sharp(original, { limitInputPixels: false }).metadata();
  return pages > 1;
}
