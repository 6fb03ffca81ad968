/** Where a text stops being JSON, for whoever typed it. */
export interface JsonMistake {
  /** Counted from 1, as editors do. */
  readonly line: number;
  readonly column: number;
  /** What would have been right there, in words. */
  readonly expected: string;
}

type Place = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'next' | 'end';

const spaces = /[ \t\n\r]*/y;
const literals = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has none of them in a string.
const strings = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;

/** The first mistake of a text; null if it is JSON. */
export function findJsonMistake(text: string): JsonMistake | null {
  const closers: ('}' | ']')[] = [];
  let place: Place = 'value';
  let at = 0;
  for (;;) {
    at = endOf(spaces, text, at) ?? at;
    if (at === text.length && place === 'end') return null;
    const next = step(text, at, place, closers);
    if (next === null) return tell(text, at, expectedAt(place, closers));
    [at, place] = next;
  }
}

/** Takes one token: where the next one begins, and what may stand there. Null if the token is wrong. */
function step(text: string, at: number, place: Place, closers: ('}' | ']')[]): [number, Place] | null {
  const character = text.charAt(at);
  const after = () => (closers.length === 0 ? 'end' : 'next');
  const mayClose = place === 'next' || place.endsWith(character);
  if ((character === '}' || character === ']') && mayClose && closers.at(-1) === character) {
    closers.pop();
    return [at + 1, after()];
  }
  if (place === 'next') return character === ',' ? [at + 1, closers.at(-1) === '}' ? 'name' : 'value'] : null;
  if (place === 'colon') return character === ':' ? [at + 1, 'value'] : null;
  if (place === 'name' || place === 'name or }') {
    const end = endOf(strings, text, at);
    return end === null ? null : [end, 'colon'];
  }
  if (place === 'end') return null;
  if (character === '{' || character === '[') {
    closers.push(character === '{' ? '}' : ']');
    return [at + 1, character === '{' ? 'name or }' : 'value or ]'];
  }
  const end = endOf(strings, text, at) ?? endOf(literals, text, at);
  return end === null ? null : [end, after()];
}

function endOf(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}

function expectedAt(place: Place, closers: readonly string[]): string {
  if (place === 'next') return `a comma or ${closers.at(-1)}`;
  if (place === 'colon') return 'a colon';
  if (place === 'end') return 'nothing more';
  return place.startsWith('name')
    ? place.replace('name', 'a name in double quotes')
    : place.replace('value', 'a value');
}

function tell(text: string, at: number, expected: string): JsonMistake {
  const lines = text.slice(0, at).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, expected };
}
