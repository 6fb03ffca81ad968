import { parseWhen, whenForms } from './when.ts';

interface Switch<Value> {
  readonly fallback: Value;
  /** What the value may be, as a phrase for messages and the manual. */
  readonly accepts: string;
  readonly does: string;
  /** Reads a value from JSON or from a command line; undefined when it is not acceptable. */
  readonly parse: (value: unknown) => Value | undefined;
}

function count(fallback: number, does: string, least = 0): Switch<number> {
  const parse = (value: unknown) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    return typeof number === 'number' && Number.isSafeInteger(number) && number >= least ? number : undefined;
  };
  return { fallback, does, accepts: `a whole number, ${least} or more`, parse };
}

function choice<const Option extends string>(
  options: readonly [Option, ...Option[]],
  does: string,
): Switch<Option> {
  const parse = (value: unknown) => options.find((option) => option === value);
  return { fallback: options[0], does, accepts: options.join(' or '), parse };
}

function when(does: string): Switch<string> & { readonly fallback: 'never' } {
  const parse = (value: unknown) => {
    const text = String(value);
    return parseWhen(text) === null ? undefined : text;
  };
  return { fallback: 'never', does, accepts: whenForms, parse };
}

function text(fallback: string, does: string): Switch<string> {
  return {
    fallback,
    does,
    accepts: 'text',
    parse: (value) => (typeof value === 'string' ? value : undefined),
  };
}

/** Everything about the simulated school that can be set. The manual's table is checked against this list. */
export const switches = {
  rateLimit: count(100, 'Calls that a key may make in a window; 0 lifts the limit'),
  rateLimitWindowMs: count(60_000, 'Length of a window', 1),
  rateLimitMode: choice(
    ['fixed', 'sliding'],
    'Windows that follow each other, or the last window at any moment',
  ),
  rateLimitHeaders: choice(['refusals', 'always'], 'Which answers carry the RateLimit headers'),
  rateLimitStorm: when('429 although the key has calls left'),
  monthlyQuota: count(0, 'Calls that a key may make in all; 0 lifts the limit'),
  monthlyQuotaAnswer: choice(
    ['429', '403'],
    'A used-up quota: 429 without headers, or 403 that speaks of the limit',
  ),
  keyAccess: choice(['granted', '401', '403'], 'How a valid key of a school without API access is answered'),
  envelopes: choice(['wire', 'documented'], 'Quiz envelopes as they are seen, or as they are documented'),
  order: choice(['shuffled', 'sorted'], 'Order of courses, sections and lectures in lists'),
  latencyMs: count(0, 'Time added to every API call'),
  delay: when('An API call takes `delayMs` longer'),
  delayMs: count(1_000, 'Time that `delay` adds'),
  status500: when('500 with an HTML body'),
  status502: when('502 with an HTML body'),
  status503: when('503 with an HTML body'),
  status504: when('504 with an HTML body'),
  htmlBody: when('200 with an HTML body'),
  truncatedJson: when('200 with the first half of the JSON'),
  connectionReset: when('The connection is closed without an answer'),
  assetForbidden: when('403'),
  assetMissing: when('404'),
  assetError: when('503'),
  assetReset: when('The connection is closed without an answer'),
  assetHtml: when('200 with an HTML page instead of the file'),
  assetHeadEmpty: when('HEAD says `Content-Length: 0`'),
  assetHeadForbidden: when('HEAD answers 403, GET works'),
  assetSlow: when('The body comes at `assetBytesPerSecond`'),
  assetBytesPerSecond: count(16_384, 'Speed of `assetSlow`', 1),
  assetCut: when('The connection closes after half of the body'),
  assetWrongType: when('The Content-Type is `text/plain`, whatever the file is'),
  assetEndless: when('The body never ends: the file, then zeros, without a Content-Length'),
  assetRedirect: when('302 to `assetRedirectTarget`, or to the same file with another query'),
  assetRedirectTarget: text('', 'Where `assetRedirect` leads'),
  assetNoRanges: when('Range is ignored: 200 with the whole body'),
  assetLatencyMs: count(0, 'Time before every asset answer'),
  videoTokenTtlMs: count(500_000, 'Lifetime of signed video and poster URLs'),
  videoTokenSegments: count(0, 'Requests for segments that one token opens; 0 sets no limit'),
  videoTokenScope: choice(
    ['all', 'master'],
    'Whether every HLS request needs the token, or the master playlist only',
  ),
  videoReferer: choice(['optional', 'required'], 'Whether HLS requests need the Referer of the player'),
  videoNotReady: when('The video is PROCESSING and has no playable URL'),
  videoUrlMissing: when('The video is READY, but its playable URL is null'),
} as const;

export type SwitchName = keyof typeof switches;

/** The value of every switch. */
export type Faults = {
  [Name in SwitchName]: (typeof switches)[Name] extends Switch<infer Value> ? Value : never;
};

/** The switches whose value says when they strike. */
export type FaultName = {
  [Name in SwitchName]: (typeof switches)[Name]['fallback'] extends 'never' ? Name : never;
}[SwitchName];

function isSwitchName(name: string): name is SwitchName {
  return Object.hasOwn(switches, name);
}

/**
 * Checks values from outside.
 *
 * @throws {Error} naming the switch that is unknown, with the list of those there are, or the value that is not accepted.
 */
export function parseFaults(values: Readonly<Record<string, unknown>>): Partial<Faults> {
  const entries = Object.entries(values).map(([name, value]) => {
    if (!isSwitchName(name)) {
      const known = Object.keys(switches).join(', ');
      throw new Error(`Cannot set fault "${name}": there is no such switch, use one of ${known}`);
    }
    const parsed = switches[name].parse(value);
    if (parsed === undefined) {
      throw new Error(`Cannot set fault "${name}" to "${String(value)}": it takes ${switches[name].accepts}`);
    }
    return [name, parsed];
  });
  return Object.fromEntries(entries);
}

/**
 * Reads `name=value` words, as a command line gives them.
 *
 * @throws {Error} when a word has no `=`, or as {@link parseFaults} does.
 */
export function parseFaultArguments(words: readonly string[]): Partial<Faults> {
  const entries = words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1) throw new Error(`Cannot set fault "${word}": write it as name=value`);
    return [word.slice(0, at), word.slice(at + 1)];
  });
  return parseFaults(Object.fromEntries(entries));
}

/** Every switch at its ordinary value. */
export function defaultFaults(): Faults {
  const entries = Object.entries(switches).map(([name, { fallback }]) => [name, fallback]);
  return Object.fromEntries(entries);
}
