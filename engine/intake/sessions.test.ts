import { describe, expect, it } from 'vitest';
import { InvalidSessions, mergeSessions } from './sessions.ts';

describe('the sessions of an event', () => {
  it.each([
    ['nothing', null, null],
    ['own ones', { sessions: { a: 'x', b: 2 } }, { sessions: { a: 'x', b: '2' } }],
    ['inherited ones', { propagated_sessions: { a: 'x' } }, { sessions: { a: 'x' } }],
    [
      'both, and its own win',
      { sessions: { a: 'own' }, propagated_sessions: { a: 'x', b: 'y' } },
      { sessions: { a: 'own', b: 'y' } },
    ],
    [
      'a null that takes one away',
      { sessions: { a: null }, propagated_sessions: { a: 'x', b: 'y' } },
      { sessions: { b: 'y' } },
    ],
    ['a null that takes all away', { sessions: null, propagated_sessions: { a: 'x' } }, null],
    ['other things', { trace: 1, sessions: {} }, { trace: 1 }],
    [
      'too many inherited ones, of which the first by key are kept',
      { sessions: { z: 1 }, propagated_sessions: { f: 1, e: 1, d: 1, c: 1, b: 1, a: 1 } },
      { sessions: { z: '1', a: '1', b: '1', c: '1', d: '1' } },
    ],
  ])('may be %s', (_, meta, merged) => {
    expect(mergeSessions(meta)).toEqual(merged);
  });

  it.each([
    { sessions: { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 } },
    { sessions: { a: true } },
    { sessions: { '': 'x' } },
    { sessions: ['a'] },
  ])('are refused as %o', (meta) => {
    expect(() => mergeSessions(meta)).toThrow(InvalidSessions);
  });
});
