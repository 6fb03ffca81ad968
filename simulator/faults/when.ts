import { chance } from '../random.ts';

/** One call as the conditions see it. */
export interface CallFacts {
  readonly seed: number;
  /** What the chance is drawn for, so that two switches with the same fraction fall on different calls. */
  readonly name: string;
  /** API: path from `/v1` on. Assets: host without `.localhost:port`, then the path. */
  readonly path: string;
  /** 1 for the first call since the start or the last reset. */
  readonly call: number;
  /** 1 for the first call of this path. */
  readonly repeat: number;
}

type Condition = (facts: CallFacts) => boolean;

/** The conditions that a `when` value may name, for messages and for the manual. */
export const whenForms =
  'never, always, a fraction such as 0.1, call:N, call:N-M, every:N, first:N, path:TEXT or path:TEXT|TEXT, joined by commas (all must hold)';

function parseCondition(text: string): Condition | null {
  if (text === 'always') return () => true;
  if (text === 'never') return () => false;
  if (/^(0?\.\d+|0|1)$/.test(text)) {
    const fraction = Number(text);
    return ({ seed, name, path, repeat }) => chance(seed, name, path, repeat) < fraction;
  }
  const [, key, value] = /^(\w+):(.+)$/.exec(text) ?? [];
  if (value === undefined) return null;
  if (key === 'path') {
    const parts = value.split('|');
    return ({ path }) => parts.some((part) => path.includes(part));
  }
  const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(value) ?? [];
  if (from === undefined) return null;
  const first = Number(from);
  const last = to === undefined ? first : Number(to);
  if (key === 'call' && first >= 1 && last >= first) return ({ call }) => call >= first && call <= last;
  if (to !== undefined || first < 1) return null;
  if (key === 'every') return ({ call }) => call % first === 0;
  if (key === 'first') return ({ repeat }) => repeat <= first;
  return null;
}

/**
 * Reads when a fault strikes.
 *
 * @returns a predicate over calls, or null when the text is none of {@link whenForms}.
 */
export function parseWhen(text: string): Condition | null {
  const conditions = text.split(',').map((part) => parseCondition(part.trim()));
  if (!conditions.every((condition) => condition !== null)) return null;
  return (facts) => conditions.every((condition) => condition(facts));
}
