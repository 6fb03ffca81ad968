import pino, { type DestinationStream, type Logger } from 'pino';
import { getEnv } from '../env.ts';
import { redactJson } from './redact.ts';

export type Log = Logger;

export interface LogOptions {
  /** Least severe level that is written. Default: `LOG_LEVEL`. */
  readonly level?: string;
  /** Where the lines go. Default: the process's standard output. */
  readonly destination?: DestinationStream;
  /** Which part of the platform writes, as in "engine". */
  readonly name?: string;
  /** Secrets by their value: removed wherever they stand in a line, besides all that looks like a secret. */
  readonly secrets?: readonly string[];
}

/** What a run's log lines depend on while the run goes on. */
export interface RunScope {
  /** False while memoised steps are replayed: what was logged then was logged in an earlier request. */
  open: boolean;
  /** The step whose body runs now. */
  step: string | undefined;
}

/** Shorter ones would remove innocent text. */
const minSecretLength = 8;
const scopeKey: unique symbol = Symbol('scope of a run');

/** Makes a logger: one JSON object a line, time in UTC, secrets replaced. */
export function createLogger(options: LogOptions = {}): Log {
  const secrets = (options.secrets ?? []).filter((secret) => secret.length >= minSecretLength);
  const settings: pino.LoggerOptions = {
    level: options.level ?? getEnv().LOG_LEVEL,
    base: options.name === undefined ? null : { name: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin(_fields, _level, log) {
      const step = scopeOf(log)?.step;
      return step === undefined ? {} : { step };
    },
    hooks: {
      logMethod(values, write) {
        if (scopeOf(this)?.open !== false) write.apply(this, values);
      },
      streamWrite: (line) => `${redactJson(line, secrets)}\n`,
    },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

let processLog: Log | undefined;

/** The process's logger: level and secrets from the environment, lines to standard output, unless `setLog` gave another. */
export function getLog(): Log {
  processLog ??= createLogger({ secrets: secretsOfEnvironment() });
  return processLog;
}

/** Lets the process log elsewhere, as a terminal with progress bars or a test has to. */
export function setLog(log: Log): void {
  processLog = log;
}

/**
 * The logger of one request of a run. It and its children write only while the scope is open, and name the scope's step.
 */
export function bindRunLog(log: Log, fields: Readonly<Record<string, unknown>>, scope: RunScope): Log {
  return Object.assign(log.child(fields), { [scopeKey]: scope });
}

/** Children inherit it: pino makes a child with its parent as prototype. */
function scopeOf(log: object): RunScope | undefined {
  return (log as { readonly [scopeKey]?: RunScope })[scopeKey];
}

function secretsOfEnvironment(): string[] {
  const env = getEnv();
  return [
    env.INNGEST_EVENT_KEY,
    env.INNGEST_SIGNING_KEY,
    env.INNGEST_SIGNING_KEY_FALLBACK,
    env.ENCRYPTION_KEY,
    env.TEACHABLE_API_KEY,
  ].filter((secret) => secret !== undefined);
}
