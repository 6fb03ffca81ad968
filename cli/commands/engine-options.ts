import { Command, Option } from 'commander';
import { optionRanges } from '../../engine/option-ranges.ts';
import type { EngineOptions } from '../../engine/options.ts';
import { collect, countUpTo, parseCount, parsePort, parseUrl, secondsUpTo } from '../options.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export interface EngineCommandOptions {
  readonly port: number;
  readonly sdkUrl?: readonly string[];
  readonly dev: boolean;
  readonly standby: boolean;
  readonly retryInterval?: number;
  readonly maxSteps?: number;
  readonly maxCalls?: number;
  readonly historyDays?: number;
  readonly historyCount?: number;
  readonly logLevel?: (typeof logLevels)[number];
}

const dayMs = 24 * 3_600_000;

/** `courseport engine` with all its options and no action yet. */
export function engineCommand(): Command {
  return new Command('engine')
    .description(
      "run the engine alone: it speaks Inngest's server protocol and keeps everything in PostgreSQL",
    )
    .option('--port <port>', 'port on 127.0.0.1; 0 finds a free one', parsePort, 8288)
    .option(
      '--sdk-url <url>',
      'serve endpoint of an app that is asked to register (may be repeated); without it apps have to register themselves',
      collectUrl,
    )
    .option('--dev', 'take unsigned apps and any event key', false)
    .option(
      '--standby',
      'wait while another engine works on DATABASE_URL, and take over when it is gone',
      false,
    )
    .option(
      '--retry-interval <seconds>',
      'wait so long before each retry, at most a day, instead of backing off',
      secondsUpTo(optionRanges.retryIntervalMs.max / 1_000),
    )
    .option(
      '--max-steps <count>',
      'steps that a run may have (default: 1000, at most 10000)',
      countUpTo(optionRanges.maxStepsPerRun.max),
    )
    .option(
      '--max-calls <count>',
      'calls to an app under way at the same time; twice as many to all (default: 500, at most 10000)',
      countUpTo(optionRanges.maxCallsInFlight.max),
    )
    .option(
      '--history-days <days>',
      'keep ended runs and events so long (default: 30, at most 36500)',
      countUpTo(optionRanges.historyMs.max / dayMs),
    )
    .option('--history-count <count>', 'keep so many of each at most (default: 1000000)', parseCount)
    .addOption(
      new Option(
        '--log-level <level>',
        'least severe messages to write (default: LOG_LEVEL, or info)',
      ).choices(logLevels),
    )
    .addHelpText('after', details);
}

/** The engine's own names for what was given. */
export function limitsFrom(options: EngineCommandOptions): Partial<EngineOptions> {
  const { retryInterval, maxSteps, maxCalls, historyDays, historyCount } = options;
  return {
    ...(retryInterval === undefined ? {} : { retryIntervalMs: Math.round(retryInterval * 1_000) }),
    ...(maxSteps === undefined ? {} : { maxStepsPerRun: maxSteps }),
    ...(maxCalls === undefined ? {} : { maxCallsInFlight: maxCalls }),
    ...(historyDays === undefined ? {} : { historyMs: historyDays * dayMs }),
    ...(historyCount === undefined ? {} : { historyCount }),
  };
}

function collectUrl(value: string, previous?: readonly string[]): readonly string[] {
  return collect(parseUrl(value), previous);
}

const details = `
Environment:
  DATABASE_URL                PostgreSQL to use; without it one is started in DATA_DIR
  DATA_DIR                    where that and the generated secrets live (default: .data)
  INNGEST_EVENT_KEY           key that senders of events use (default: generated)
  INNGEST_SIGNING_KEY         signs calls to apps and protects the API (default: generated)
  ENGINE_DASHBOARD_TOKEN      opens the pages, as ?token= (default: generated)
  LOG_LEVEL                   least severe messages to write (default: info)

Apps:
  An app registers when its serve endpoint is asked to by PUT. The engine asks those of --sdk-url, again from time to
  time; any other way of asking will do too, such as curl -X PUT http://127.0.0.1:3000/api/inngest.

Addresses:
  /                           the dashboard
  /healthz, /readyz           the process is alive; it can take work, or why not
  /metrics                    Prometheus text; without --dev it needs the dashboard's or the API's token as bearer token

Examples:
  $ courseport engine --dev
  $ courseport engine --sdk-url http://127.0.0.1:3000/api/inngest --dev
  $ DATABASE_URL=postgres://... courseport engine --sdk-url https://app.example/api/inngest --standby
  $ courseport engine --sdk-url http://127.0.0.1:3000/api/inngest --history-days 7 --log-level warn`;
