import { describe, expect, it } from 'vitest';
import type { StepRow } from './facts/steps.ts';
import { stepList } from './steps-view.ts';

const startMs = Date.UTC(2026, 10, 24, 12);
const laterMs = startMs + 3_600_000;

function show(step: Partial<StepRow>, output: string | null = null): string {
  const row: StepRow = {
    id: 'a',
    name: 'step a',
    op: 'StepRun',
    status: 'completed',
    attempts: 1,
    createdAtMs: startMs,
    endedAtMs: startMs + 40,
    dueAtMs: null,
    waitsFor: null,
    ...step,
  };
  const excerpt = output === null ? null : { text: output, bytes: output.length, isCut: false };
  return stepList({
    runId: 'r',
    scale: { fromMs: startMs, toMs: startMs + 100 },
    runStatus: 'completed',
    runError: null,
    steps: [row],
    contents: new Map([['a', { input: null, output: excerpt, error: null }]]),
    invokedRuns: new Map(),
    nextAttemptMs: laterMs,
    nowMs: startMs + 100,
  }).text.replaceAll(/<[^>]+>/g, '');
}

const pending = { endedAtMs: null, dueAtMs: laterMs };

describe('a step', () => {
  it('tells its kind, how it went and how long it took', () => {
    expect(show({ attempts: 3 }, '{"data":{"ok":true}}')).toMatch(
      /step a\s+run\s+3 attempts[\s\S]*completed[\s\S]*40 ms[\s\S]*&quot;ok&quot;: true/,
    );
  });

  it.each([
    [{ op: 'Sleep', status: 'sleeping', ...pending }, 'wakes 13:00:00'],
    [{ status: 'planned', ...pending, attempts: 1 }, 'next attempt 13:00:00'],
    [{ status: 'retrying', endedAtMs: null }, 'next attempt 13:00:00'],
    [
      { op: 'WaitForEvent', status: 'waiting', waitsFor: '{"event":"x/y","if":"async.data.a"}', ...pending },
      'for event x/y if async.data.a, at the latest 13:00:00',
    ],
    [
      { op: 'WaitForSignal', status: 'waiting', waitsFor: '{"signal":"go"}', ...pending },
      'for signal go, at the latest 13:00:00',
    ],
    [
      {
        op: 'InvokeFunction',
        status: 'waiting',
        waitsFor: '{"function":"shop-x","eventId":"e"}',
        ...pending,
      },
      'for function shop-x, at the latest 13:00:00',
    ],
    [
      {
        op: 'Gateway',
        status: 'waiting',
        waitsFor: '{"request":{"method":"GET","url":"http://x"}}',
        ...pending,
      },
      'for answer to GET http://x, at the latest 13:00:00',
    ],
  ])('that is pending says what it waits for: %#', (step, text) => {
    expect(show(step)).toContain(text);
  });

  it('whose wait was in vain says so', () => {
    expect(show({ op: 'WaitForEvent', waitsFor: '{"event":"x/y"}' }, 'null')).toContain(
      'Nothing came in time',
    );
  });

  it('that invoked a function which returned nothing has that as its output', () => {
    const invoked = { op: 'InvokeFunction', waitsFor: '{"function":"f","eventId":"e"}' };

    expect(show(invoked, '{"data":null}')).toMatch(/Output\s*null/);
  });

  it('of a kind and a status that nobody has heard of is shown under its own words', () => {
    const shown = show(
      { op: 'Teleport', status: 'somewhere', waitsFor: '{"moon":1}', endedAtMs: null },
      '{"data":1,"more":2}',
    );

    expect(shown).toContain('Teleport');
    expect(shown).toContain('somewhere');
    expect(shown).toContain('&quot;more&quot;: 2');
  });
});
