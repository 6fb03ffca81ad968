import type { Context } from 'hono';
import { isJsonObject } from '../../protocol/canonical-json.ts';
import { isId } from '../../protocol/ids.ts';
import { internalEventPrefix } from '../../protocol/names.ts';
import { findEventDetail } from '../facts/event.ts';
import { findEvents, findEventsById } from '../facts/events.ts';
import { rowsPerPage } from '../facts/page-of.ts';
import { findResumedRuns } from '../facts/related-runs.ts';
import { anyRun, findRuns } from '../facts/runs.ts';
import { findPayload } from '../facts/whole.ts';
import { readForm } from '../form-body.ts';
import { knownEvents, startingEvents } from '../known-events.ts';
import { paths } from '../links.ts';
import { eventPage } from '../pages/event-page.ts';
import { eventsPage } from '../pages/events-page.ts';
import { emptyEvent, sendEventPage } from '../pages/send-event-page.ts';
import { sentEventsPage } from '../pages/sent-events-page.ts';
import { readCursor, readTimeSpan, readWord, tellUnread } from '../query.ts';
import { redirect, respond, respondRaw } from '../respond.ts';
import { type DashboardParts, notFound, type Pages } from '../routes.ts';
import { readTypedJson } from '../typed-json.ts';

/** `/events`, `/events/new`, `/events/sent`, `/events/:id`, `/events/:id/payload` */
export function addEventPages(pages: Pages, { database, registry, intake }: DashboardParts): void {
  pages.page('/events', async (context) => {
    const search = readWord(context.req.query('search'));
    const { from, to } = context.req.query();
    const span = readTimeSpan(from, to);
    const unread = tellUnread({ from, to });
    const before = readCursor(context.req.query('before'));
    const events = await findEvents(database, {
      search: search === '' ? null : search,
      range: span.range,
      before,
    });
    return respond(context, eventsPage({ search, span, unread, before, events, nowMs: Date.now() }));
  });

  pages.page('/events/new', async (context) => {
    const like = context.req.query('like');
    const payload = like === undefined ? undefined : await findPayload(database, like);
    const name = readWord(context.req.query('name')) || defaultName();
    const json = payload === undefined ? emptyEvent(name) : toNewEvent(payload);
    return respond(context, sendEventPage({ json, problem: null, knownNames: knownNames() }));
  });

  pages.action('/events/new', async (context) => {
    const json = (await readForm(context)).get('event') ?? '';
    const refuse = (problem: string) =>
      respond(context, sendEventPage({ json, problem, knownNames: knownNames() }), 400);
    const values = parseEvents(json);
    if (typeof values === 'string') return refuse(values);

    const { ids, problem } = await intake.takeEvents(values, undefined);
    if (problem !== null) return refuse(tellProblem(problem.message, ids.length));
    const [only] = ids;
    if (only !== undefined && ids.length === 1) return redirect(context, paths.event(only));
    return redirect(context, paths.sentEvents(ids.slice(0, rowsPerPage), ids.length));
  });

  pages.page('/events/sent', async (context) => {
    const ids = (context.req.query('ids') ?? '').split('.').filter(isId).slice(0, rowsPerPage);
    const events = await findEventsById(database, ids);
    if (events.length === 0) return notFound(context);
    const count = Math.max(Math.trunc(Number(context.req.query('count'))) || 0, events.length);
    return respond(context, sentEventsPage({ count, events, nowMs: Date.now() }));
  });

  pages.page('/events/:eventId', async (context) => {
    const event = await findEventDetail(database, eventIdOf(context));
    if (event === undefined) return notFound(context);
    const [runs, resumed] = await Promise.all([
      findRuns(database, { ...anyRun, event: event.id }),
      findResumedRuns(database, event),
    ]);
    return respond(
      context,
      eventPage({
        event,
        runs: runs.rows.slice(0, rowsPerPage),
        hasMoreRuns: runs.next !== null,
        resumed,
        starters: registry.startedBy(event.name),
        cancelled: registry.cancelledBy(event.name),
        maySendAgain: !event.name.toLowerCase().startsWith(internalEventPrefix),
        nowMs: Date.now(),
      }),
    );
  });

  pages.page('/events/:eventId/payload', async (context) => {
    const payload = await findPayload(database, eventIdOf(context));
    return payload === undefined ? notFound(context) : respondRaw(context, payload);
  });

  function knownNames(): readonly string[] {
    return knownEvents(registry.list());
  }

  function defaultName(): string {
    const [name] = registry.list().flatMap(startingEvents);
    return name ?? exampleName;
  }
}

/** For an engine without functions yet. */
const exampleName = 'shop/order.paid';

function eventIdOf(context: Context): string {
  return context.req.param('eventId') ?? '';
}

/** The same event once more: without the id and the time that made it this one. */
function toNewEvent(payload: string): string {
  const value: unknown = JSON.parse(payload);
  if (!isJsonObject(value)) return payload;
  const { name, data, user, v } = value;
  const hasUser = isJsonObject(user) && Object.keys(user).length > 0;
  return JSON.stringify({ name, data, ...(hasUser ? { user } : {}), v }, null, 2);
}

/** The events, or why they cannot be read. */
function parseEvents(json: string): readonly unknown[] | string {
  try {
    const value = readTypedJson(json);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.length === 0 ? 'There is no event in this list.' : values;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
}

/** Events before the bad one have been taken. */
function tellProblem(message: string, taken: number): string {
  const text = plainTexts[message] ?? message;
  return taken === 0
    ? text
    : `${text}. The ${taken} before it have been sent: remove them before trying again.`;
}

/** Programs are told what the official server says; people may not know what is meant. */
const plainTexts: Readonly<Record<string, string>> = {
  'event name is empty': 'The event has no name',
  'event name is not a string': 'The name of the event is no text: put it into double quotes',
  'event is not an object': 'The event is no JSON object: begin with { and end with }',
};
