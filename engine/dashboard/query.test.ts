import { describe, expect, it } from 'vitest';
import { idTimeMs, newId } from '../protocol/ids.ts';
import { readCursor, readStatus, readTimeSpan, readWord } from './query.ts';

describe('a filter', () => {
  it('covers the ids of its time, its last second included', () => {
    const id = newId();
    const second = new Date(idTimeMs(id)).toISOString().slice(0, 19);

    const { range } = readTimeSpan(second, second);
    const later = readTimeSpan('2999-01-01T00:00', undefined).range;

    expect(range.from <= id && id < range.to).toBe(true);
    expect(later.from > id).toBe(true);
    expect(readTimeSpan('', 'tomorrow')).toMatchObject({ fromText: '', toText: '', range: { from: '' } });
  });

  it('leaves out what it cannot read', () => {
    expect([readStatus('failed'), readStatus('x'), readStatus(undefined)]).toEqual(['failed', null, null]);
    expect([readCursor('01ABC.01DEF'), readCursor("'; drop"), readCursor(undefined)]).toEqual([
      '01ABC.01DEF',
      null,
      null,
    ]);
    expect(readWord(' a\0b ')).toBe('ab');
  });
});
