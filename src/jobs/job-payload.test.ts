import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent } from './define-event.ts';
import { describePayload, parsePayload, tryParsePayload } from './job-payload.ts';

const lessonProcess = defineEvent(
  'import/lesson.process',
  z.object({ lessonId: z.string(), importId: z.string(), organisationId: z.string().optional() }),
);
const data = { lessonId: 'les_1', importId: 'imp_1' };

it('takes the payload of an event, and of an invocation without the engine’s note', () => {
  expect(parsePayload(lessonProcess, { name: 'import/lesson.process', data })).toEqual(data);
  expect(
    parsePayload(lessonProcess, {
      name: 'inngest/function.invoked',
      data: { ...data, _inngest: { fn_id: 'x' } },
    }),
  ).toEqual(data);
});

it('refuses a note of the engine’s in an ordinary event', () => {
  const event = { name: 'import/lesson.process', data: { ...data, _inngest: {} } };

  expect(() => parsePayload(lessonProcess, event)).toThrow('data._inngest: no such field');
  expect(tryParsePayload(lessonProcess, event)).toBeNull();
});

it('gives a scheduled job its schedule, whoever started it', () => {
  expect(parsePayload({ cron: '* * * * *' }, { name: 'inngest/function.invoked', data: {} })).toEqual({
    cron: '* * * * *',
  });
});

it('describes what a run affects and whose it is', () => {
  const resource = ({ lessonId }: { readonly lessonId: string }) => ({ type: 'lesson', id: lessonId });

  expect(
    describePayload({ on: lessonProcess, resource }, { id: 'e1', name: 'import/lesson.process', data }),
  ).toEqual({
    eventId: 'e1',
    eventName: 'import/lesson.process',
    resourceType: 'lesson',
    resourceId: 'les_1',
    importId: 'imp_1',
    organisationId: undefined,
  });
});

it('describes a wrong payload by its event alone', () => {
  expect(
    describePayload({ on: lessonProcess }, { id: 'e1', name: 'import/lesson.process', data: { a: 1 } }),
  ).toEqual({
    eventId: 'e1',
    eventName: 'import/lesson.process',
  });
});
