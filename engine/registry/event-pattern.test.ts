import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEventPattern, matchesPattern, patternsOf } from './event-pattern.ts';

describe('event patterns', () => {
  it('of an event are its name and a wildcard after each of its separators', () => {
    expect(patternsOf('a/b.c')).toEqual(['a/b.c', 'a/*', 'a/b.*']);
  });

  it.each(['a', 'a/b.c', 'a/*', 'a/b.*', 'a.*'])('may be written as "%s"', (text) => {
    expect(isEventPattern(text)).toBe(true);
  });

  it.each(['*', 'a*', 'a/*.b', 'a/**', 'a/b*'])('may not be written as "%s"', (text) => {
    expect(isEventPattern(text)).toBe(false);
  });

  it('match exactly the events that list them', () => {
    const word = fc.constantFrom('a', 'b', '/', '.', 'ab');
    const name = fc.array(word, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const pattern = fc.oneof(
      name,
      fc.tuple(name, fc.constantFrom('/', '.')).map(([start, end]) => `${start}${end}*`),
    );
    fc.assert(
      fc.property(pattern, name, (text, event) => {
        expect(matchesPattern(text, event)).toBe(patternsOf(event).includes(text));
      }),
    );
  });
});
