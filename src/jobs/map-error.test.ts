import { NonRetriableError, RetryAfterError, StepError, serializeError } from 'inngest';
import { describe, expect, it } from 'vitest';
import { AppError, type Retry } from '../errors/app-error.ts';
import { readErrorFacts } from './error-facts.ts';
import { mapError } from './map-error.ts';

function appError(retry: Retry, cause?: unknown): AppError {
  return new AppError({
    code: 'SOURCE_UNAVAILABLE',
    message: 'Cannot read lesson 7: the API answered 503',
    publicMessage: 'Teachable is not reachable.',
    retry,
    cause,
  });
}

/** What a step's error becomes on its way to the engine and back. */
function overTheWire(error: unknown): StepError {
  const { name, message, stack, cause } = JSON.parse(JSON.stringify(serializeError(error)));
  return new StepError('read-lesson', { name, message, stack, cause });
}

describe('mapError', () => {
  it('makes "never" final', () => {
    expect(mapError(appError('never'))).toBeInstanceOf(NonRetriableError);
  });

  it('passes on how long to wait, in whole seconds, rounded up', () => {
    expect(mapError(appError({ afterMs: 1_200 }))).toMatchObject({
      name: 'RetryAfterError',
      retryAfter: '2',
    });
  });

  it('leaves "later" to the engine', () => {
    const mapped = mapError(appError('later'));

    expect(mapped).toMatchObject({ name: 'AppError', message: 'Cannot read lesson 7: the API answered 503' });
    expect(mapped).not.toBeInstanceOf(NonRetriableError);
    expect(mapped).not.toBeInstanceOf(RetryAfterError);
  });

  it('lets unknown errors and Inngest’s own pass as they are', () => {
    for (const error of [
      new TypeError('x is no function'),
      new NonRetriableError('no'),
      overTheWire(new Error('x')),
    ]) {
      expect(mapError(error)).toBe(error);
    }
  });

  it('takes secrets out of unknown errors, causes included', () => {
    const cause = new Error('connect to https://cdn.example.com/a.m3u8?hdnts=st=1~hmac=abcdef failed');
    const error = new TypeError('fetch failed for https://x.example/?token=s3cr3t-s3cr3t', { cause });

    const mapped = mapError(error);

    expect(mapped).not.toBe(error);
    expect(mapped).toMatchObject({ name: 'TypeError' });
    expect(JSON.stringify(serializeError(mapped))).not.toMatch(/s3cr3t|abcdef/);
  });

  it.each<Retry>(['never', 'later', { afterMs: 1 }])(
    'keeps code and public message over the wire (%j)',
    (retry) => {
      const cause = new Error('socket hang up');

      const received = overTheWire(mapError(appError(retry, cause)));

      expect(readErrorFacts(received)).toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        message: 'Cannot read lesson 7: the API answered 503',
        publicMessage: 'Teachable is not reachable.',
      });
      expect(received.cause).toMatchObject({ because: 'Error: socket hang up' });
    },
  );
});

describe('readErrorFacts', () => {
  it('reads our own errors', () => {
    expect(readErrorFacts(appError('later'))).toEqual({
      code: 'SOURCE_UNAVAILABLE',
      name: 'AppError',
      message: 'Cannot read lesson 7: the API answered 503',
      publicMessage: 'Teachable is not reachable.',
    });
  });

  it('finds the code behind an error that wraps ours', () => {
    const wrapped = new Error('Lesson failed', { cause: appError('never') });

    expect(readErrorFacts(wrapped)).toMatchObject({ code: 'SOURCE_UNAVAILABLE', message: 'Lesson failed' });
    expect(
      readErrorFacts(overTheWire(new Error('Lesson failed', { cause: mapError(appError('never')) }))),
    ).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    });
  });

  it.each([[new RangeError('too long')], ['a text'], [undefined], [{ cause: { code: 'NO_SUCH_CODE' } }]])(
    'calls anything else unexpected (%s)',
    (thrown) => {
      expect(readErrorFacts(thrown)).toMatchObject({ code: 'UNEXPECTED' });
      expect(readErrorFacts(thrown)).not.toHaveProperty('publicMessage');
    },
  );
});
