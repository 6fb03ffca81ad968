import type { Context } from 'hono';
import { isJsonObject } from '../../protocol/canonical-json.ts';
import { internalEventPrefix } from '../../protocol/names.ts';
import { parseJson } from '../../protocol/parse-json.ts';
import { findEventDetail } from '../facts/event.ts';
import { findEvents } from '../facts/events.ts';
import { rowsPerPage } from '../facts/page-of.ts';
import { anyRun, findRuns } from '../facts/runs.ts';
import { findPayload } from '../facts/whole.ts';
import { readForm } from '../form-body.ts';
import { paths } from '../links.ts';
import { eventPage } from '../pages/event-page.ts';
import { eventsPage } from '../pages/events-page.ts';
import { exampleEvent, sendEventPage } from '../pages/send-event-page.ts';
import { readCursor, readTimeSpan, readWord } from '../query.ts';
import { redirect, respond, respondRaw } from '../respond.ts';
import { type DashboardParts, notFound, type Pages } from '../routes.ts';

/** `/events`, `/events/new`, `/events/:id`, `/events/:id/payload` */
export function addEventPages(pages: Pages, { database, intake }: DashboardParts): void {
  pages.page('/events', async (context) => {
    const search = readWord(context.req.query('search'));
    const span = readTimeSpan(context.req.query('from'), context.req.query('to'));
    const before = readCursor(context.req.query('before'));
    const events = await findEvents(database, {
      search: search === '' ? null : search,
      range: span.range,
      before,
    });
    return respond(context, eventsPage({ search, span, before, events, nowMs: Date.now() }));
  });

  pages.page('/events/new', async (context) => {
    const like = context.req.query('like');
    const payload = like === undefined ? undefined : await findPayload(database, like);
    const json = payload === undefined ? exampleEvent : toNewEvent(payload);
    return respond(context, sendEventPage({ json, problem: null }));
  });

  pages.action('/events/new', async (context) => {
    const json = (await readForm(context)).get('event') ?? '';
    const refuse = (problem: string) => respond(context, sendEventPage({ json, problem }), 400);
    const values = parseEvents(json);
    if (typeof values === 'string') return refuse(values);

    const { ids, problem } = await intake.takeEvents(values, undefined);
    if (problem !== null) return refuse(tellProblem(problem.message, ids.length));
    const [only] = ids;
    return redirect(context, only !== undefined && ids.length === 1 ? paths.event(only) : '/events');
  });

  pages.page('/events/:eventId', async (context) => {
    const event = await findEventDetail(database, eventIdOf(context));
    if (event === undefined) return notFound(context);
    const runs = await findRuns(database, { ...anyRun, event: event.id });
    return respond(
      context,
      eventPage({
        event,
        runs: runs.rows.slice(0, rowsPerPage),
        hasMoreRuns: runs.next !== null,
        maySendAgain: !event.name.toLowerCase().startsWith(internalEventPrefix),
        nowMs: Date.now(),
      }),
    );
  });

  pages.page('/events/:eventId/payload', async (context) => {
    const payload = await findPayload(database, eventIdOf(context));
    return payload === undefined ? notFound(context) : respondRaw(context, payload);
  });
}

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
    const value: unknown = parseJson(json);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.length === 0 ? 'There is no event in this list.' : values;
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : error}`;
  }
}

/** Events before the bad one have been taken. */
function tellProblem(message: string, taken: number): string {
  return taken === 0
    ? message
    : `${message}. The ${taken} before it have been sent: remove them before trying again.`;
}
