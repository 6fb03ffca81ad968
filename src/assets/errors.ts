import { AppError } from '../errors/app-error.ts';
import { usualPauseMs } from '../http/host-limits.ts';
import { readRetryAfterMs } from '../http/retry-timing.ts';
import type { HttpAnswer } from '../http/types.ts';
import { describeUrl } from '../http/url.ts';

/** What a status means that brings no bytes. Only 408, 425, 429 and 5xx are worth another try (RFC 9110 §15). */
export function toStatusError({
  status,
  headers,
  url,
}: Pick<HttpAnswer, 'status' | 'headers' | 'url'>): AppError {
  const message = `Cannot download ${describeUrl(url)}: the server answered ${status}`;
  if (status === 401 || status === 403) {
    return new AppError({
      code: 'ASSET_FORBIDDEN',
      message,
      publicMessage:
        'The old platform does not hand out this file. Download it there by hand and upload it here.',
      retry: 'never',
    });
  }
  if (status === 404 || status === 410) {
    return new AppError({
      code: 'ASSET_GONE',
      message,
      publicMessage: 'This file is no longer at its address. Check it in the old school.',
      retry: 'never',
    });
  }
  if (status === 429) {
    return new AppError({
      code: 'ASSET_RATE_LIMITED',
      message,
      publicMessage:
        'The server that holds this file asked for a pause again and again. Start the import again later.',
      retry: { afterMs: readRetryAfterMs(headers) ?? usualPauseMs },
    });
  }
  const isTransient = status === 408 || status === 425 || status >= 500;
  const afterMs = readRetryAfterMs(headers);
  return new AppError({
    code: 'ASSET_UNAVAILABLE',
    message,
    publicMessage: 'The server that holds this file did not hand it out.',
    retry: !isTransient ? 'never' : afterMs === null ? 'later' : { afterMs },
  });
}

export function assetTooLarge(url: string, maxBytes: number): AppError {
  return new AppError({
    code: 'ASSET_TOO_LARGE',
    message: `Cannot download ${describeUrl(url)}: it is larger than the limit of ${maxBytes} bytes`,
    publicMessage: `This file is larger than the limit of ${maxBytes} bytes.`,
    retry: 'never',
  });
}

export function assetCutOff(url: string, bytes: number, cause?: unknown): AppError {
  return new AppError({
    code: 'ASSET_CUT_OFF',
    message: `Cannot download ${describeUrl(url)}: the server cut it off or changed it again and again, at best after ${bytes} bytes`,
    publicMessage: 'The server that holds this file broke off. It is tried again.',
    retry: 'later',
    cause,
  });
}

export function assetDamaged(url: string): AppError {
  return new AppError({
    code: 'STORAGE_FAILED',
    message: `Cannot download ${describeUrl(url)}: its parts on the disk are not the bytes that had come, check the disk`,
    publicMessage: 'The file was damaged on the server. It is fetched again.',
    retry: 'later',
  });
}

export function assetPacked(url: string, encoding: string): AppError {
  return new AppError({
    code: 'ASSET_UNAVAILABLE',
    message: `Cannot download ${describeUrl(url)}: the server sent it packed as "${encoding.slice(0, 40)}", which was not asked for`,
    publicMessage: 'The server that holds this file sends it in a form that nobody asked for.',
    retry: 'never',
  });
}

export function assetEmpty(url: string): AppError {
  return new AppError({
    code: 'ASSET_EMPTY',
    message: `Cannot download ${describeUrl(url)}: the file has 0 bytes`,
    publicMessage: 'This file is empty at the source. Upload it there again.',
    retry: 'never',
  });
}

export function assetTypeWrong(url: string, expected: string, contentType: string): AppError {
  return new AppError({
    code: 'ASSET_TYPE_WRONG',
    message: `Cannot use ${describeUrl(url)} as ${expected}: its bytes are ${contentType}`,
    publicMessage: `This should be a file of the kind "${expected}" but is ${contentType}. Check it in the old school.`,
    retry: 'never',
  });
}
