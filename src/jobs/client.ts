import { ConsoleLogger, type GetStepTools, Inngest, type Logger } from 'inngest';
import { getEnv } from '../env.ts';
import { getLog } from './log.ts';

/** The app's name at the engine; a job's full name there is `courseport-<job id>`. */
export const appId = 'courseport';

/** The longest that one request to the engine may take; the SDK tries five times. */
const requestTimeoutMs = 30_000;

const env = getEnv();

/**
 * The one Inngest client. Keys come from the environment, so this can be imported without any, as `next build` does; without
 * `INNGEST_DEV` the SDK then refuses to work unsigned.
 */
export const inngest = new Inngest({
  id: appId,
  ...(env.INNGEST_BASE_URL === undefined ? {} : { baseUrl: env.INNGEST_BASE_URL }),
  ...(env.INNGEST_EVENT_KEY === undefined ? {} : { eventKey: env.INNGEST_EVENT_KEY }),
  ...(env.INNGEST_SIGNING_KEY === undefined ? {} : { signingKey: env.INNGEST_SIGNING_KEY }),
  ...(env.INNGEST_SIGNING_KEY_FALLBACK === undefined
    ? {}
    : { signingKeyFallback: env.INNGEST_SIGNING_KEY_FALLBACK }),
  // Runs log through the run's own logger; the SDK's would report each failure a second time.
  logger: new ConsoleLogger({ level: 'silent' }),
  internalLogger: sdkLog(),
  fetch: (input, init) =>
    fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(requestTimeoutMs) }),
  // Would hook OpenTelemetry into every step; no job of ours calls a language model.
  aiMetadata: false,
});

/** Inngest's own step tools. */
export type Step = GetStepTools<typeof inngest>;

/** What the SDK has to say of itself goes to the process's log, whichever that is by then. */
function sdkLog(): Logger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (first: unknown, ...rest: unknown[]) => {
      const log = getLog();
      const [message] = rest;
      if (typeof first === 'string') log[level]({ name: 'inngest' }, first);
      else log[level]({ name: 'inngest', ...asRecord(first) }, typeof message === 'string' ? message : '');
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
