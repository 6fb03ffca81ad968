import { describe, expect, it } from 'vitest';
import { errorBlock, errorMessage } from './error-view.ts';

function show(text: string, isCut = false): string {
  return errorBlock({ text, bytes: text.length, isCut }, '/raw').text;
}

describe('an error', () => {
  it('is shown with its stack and all its causes', () => {
    const cause = { name: 'RangeError', message: 'too far', cause: 'a mere text' };

    const shown = show(JSON.stringify({ name: 'TypeError', message: 'boom', stack: 'at x', cause }));

    for (const part of ['TypeError', 'boom', 'at x', 'RangeError', 'too far', 'a mere text'])
      expect(shown).toContain(part);
  });

  it('ends somewhere, however deep its causes go', () => {
    let error: object = { name: 'Error', message: 'the first' };
    for (let depth = 0; depth < 50; depth += 1)
      error = { name: 'Error', message: `after ${depth}`, cause: error };

    expect(show(JSON.stringify(error)).match(/Caused by/g)?.length).toBeLessThan(20);
  });

  it.each(['"only a text"', '{"name": "Error", "mess', 'null'])(
    'that is none is shown as it is: %s',
    (text) => {
      expect(show(text, text.startsWith('{'))).toContain(text.slice(1, 5).replaceAll('"', '&quot;'));
      expect(errorMessage(text)).toBe(text);
    },
  );

  it('has a message also when it is no text', () => {
    expect(errorMessage('{"message": {"code": 7}}')).toBe('{"code":7}');
    expect(errorMessage('{"name": "Timeout", "message": ""}')).toBe('Timeout');
  });
});
