import { toStatusError } from '../assets/errors.ts';
import { AppError } from '../errors/app-error.ts';
import { describeUrl } from '../http/url.ts';

/** What a status means for a part of a video: signed addresses live for minutes, so a refusal is cured by a fresh one. */
export function toVideoStatusError(response: Pick<Response, 'status' | 'headers' | 'url'>): AppError {
  const { status, url } = response;
  if (status !== 401 && status !== 403 && status !== 410) return toStatusError(response);
  return new AppError({
    code: 'VIDEO_URL_EXPIRED',
    message: `Cannot download ${describeUrl(url)}: the server answered ${status}, ask for a fresh address`,
    publicMessage: 'The address of this video has expired. It is fetched again with a fresh one.',
    retry: 'later',
  });
}

/** @param reason what is wrong; addresses in it are shortened to host and path */
export function videoUnreadable(url: string, reason: unknown): AppError {
  const text = reason instanceof Error ? reason.message : String(reason);
  const unsigned = text.replace(/https?:\/\/[^\s"']+/g, (address) => describeUrl(address)).slice(0, 300);
  return new AppError({
    code: 'VIDEO_UNREADABLE',
    message: `Cannot read the video ${describeUrl(url)}: ${unsigned}`,
    publicMessage: 'This video cannot be read. Check that it plays in the old school.',
    retry: 'never',
  });
}

/** @param reason what is wrong with it, as in "it is an SVG that is not in UTF-8" */
export function imageUnusable(reason: string, cause?: unknown): AppError {
  return new AppError({
    code: 'ASSET_TYPE_WRONG',
    message: `Cannot use an image: ${reason}`,
    publicMessage: `This image cannot be shown: ${reason}. Replace it in the old school, best by a PNG or a JPEG.`,
    retry: 'never',
    cause,
  });
}
