import { AppError, isAppError } from '../errors/app-error.ts';
import type { Step } from '../jobs/client.ts';

/**
 * The budget promises turns, so that few waits lead to one; jobs far behind in the line wait for half a minute or more each time.
 * With two steps a wait this is not far below a run's 1,000 steps, and leaves room for the job's own.
 */
const mostWaits = 450;

/** Waits for a host of files are stretched by up to this share, so that those who were refused together do not return together. */
const mostStretch = 0.25;

/** A school, or a host of files, asked for a pause. */
const pauses = ['SOURCE_RATE_LIMITED', 'ASSET_RATE_LIMITED'] as const;
type Pause = (typeof pauses)[number];

type Outcome<T> = { readonly value: T } | { readonly waitMs: number; readonly because: Pause };

/**
 * Runs a step that calls the source. When the source, its budget or a host of files asks for a pause, the run sleeps and asks again in a next
 * step: waiting takes no memory and is no failed attempt. Any other error is the step's own.
 *
 * @param id the first step's id; later ones count on from it
 * @param body its value is kept by the engine: small facts
 * @throws {AppError} `SOURCE_RATE_LIMITED` or `ASSET_RATE_LIMITED`, never to be repeated, when it kept asking for pauses
 */
export async function durableCall<T>(
  step: Pick<Step, 'run' | 'sleep'>,
  id: string,
  body: () => Promise<T>,
): Promise<T> {
  for (let waits = 0; ; waits++) {
    const suffix = waits === 0 ? '' : `-${waits + 1}`;
    const outcome = asOutcome<T>(await step.run(`${id}${suffix}`, () => attempt(body)));
    if ('value' in outcome) return outcome.value;
    if (waits === mostWaits) throw refusedForGood(id, outcome.because);
    await step.sleep(`${id}-pause${suffix}`, outcome.waitMs);
  }
}

async function attempt<T>(body: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await body() };
  } catch (error) {
    const because = pauses.find((code) => isAppError(error, code));
    if (!because || !isAppError(error) || typeof error.retry !== 'object') throw error;
    // Only a host refuses many at once: the budget promises each its own turn.
    const stretch = because === 'ASSET_RATE_LIMITED' ? 1 + Math.random() * mostStretch : 1;
    return { because, waitMs: Math.ceil(error.retry.afterMs * stretch) };
  }
}

function refusedForGood(id: string, code: Pause): AppError {
  return new AppError({
    code,
    message: `Cannot finish step "${id}": the ${code === 'SOURCE_RATE_LIMITED' ? 'source' : 'host of the file'} asked for a pause ${mostWaits + 1} times in a row, start the import again later`,
    publicMessage:
      code === 'SOURCE_RATE_LIMITED'
        ? 'Your school kept refusing calls because there were too many. Its monthly allowance may be used up. Start the import again later.'
        : 'The server that holds this file kept asking for a pause. Start the import again later.',
    retry: 'never',
  });
}

/** The engine keeps a step's value as JSON; small facts survive that unchanged, which the SDK's types cannot tell. */
function asOutcome<T>(outcome: unknown): Outcome<T> {
  return outcome as Outcome<T>;
}
