import { setTimeout } from 'node:timers/promises';
import type { Context } from 'hono';
import { InvalidEvent } from '../../intake/event.ts';
import { isJsonObject, type JsonObject } from '../../protocol/canonical-json.ts';
import type { RegisteredFunction } from '../../registry/registered-function.ts';
import { invokedEvent } from '../../waits/invoke.ts';
import { findApps, whyNotAnswering } from '../facts/apps.ts';
import { countRuns, noRuns } from '../facts/counts.ts';
import { findStartedRun } from '../facts/related-runs.ts';
import { anyRun, findRuns } from '../facts/runs.ts';
import { readForm } from '../form-body.ts';
import { isStartable } from '../function-starts.ts';
import { paths } from '../links.ts';
import { functionPage, invokePage } from '../pages/function-page.ts';
import { functionsPage } from '../pages/functions-page.ts';
import { redirect, respond } from '../respond.ts';
import { type DashboardParts, notFound, type Pages } from '../routes.ts';
import { readTypedJson } from '../typed-json.ts';

const shownRuns = 10;
const emptyData = '{}';
const mostLooks = 10;
const betweenLooksMs = 50;

/** `/functions`, `/functions/:slug`, `/functions/:slug/invoke` */
export function addFunctionPages(pages: Pages, parts: DashboardParts): void {
  const { database, registry, intake, appNews } = parts;
  const find = (context: Context) => registry.findByName(context.req.param('slug') ?? '');

  pages.page('/functions', async (context) => {
    const functions = registry.list();
    const [counts, apps] = await Promise.all([
      countRuns(
        database,
        functions.map((fn) => fn.id),
      ),
      findApps(database, appNews()),
    ]);
    return respond(context, functionsPage({ functions, counts, apps, nowMs: Date.now() }));
  });

  pages.page('/functions/:slug', async (context) => {
    const fn = find(context);
    if (fn === undefined) return notFound(context);
    const [counts, runs] = await Promise.all([
      countRuns(database, [fn.id]),
      findRuns(database, { ...anyRun, functionId: fn.id }),
    ]);
    return respond(
      context,
      functionPage({
        fn,
        counts: counts.get(fn.id) ?? noRuns(),
        newestRuns: runs.rows.slice(0, shownRuns),
        awayReason: whyNotAnswering(fn, appNews()),
        nowMs: Date.now(),
      }),
    );
  });

  pages.page('/functions/:slug/invoke', (context) => {
    const fn = find(context);
    if (fn === undefined || !isStartable(fn)) return notFound(context);
    return respond(context, invokePage({ fn, json: emptyData, problem: null }));
  });

  pages.action('/functions/:slug/invoke', async (context) => {
    const fn = find(context);
    if (fn === undefined || !isStartable(fn)) return notFound(context);
    const json = (await readForm(context)).get('data') ?? '';
    return await answerInvocation(context, fn, json);
  });

  async function answerInvocation(context: Context, fn: RegisteredFunction, json: string): Promise<Response> {
    const data = parseData(json);
    if (typeof data === 'string') return respond(context, invokePage({ fn, json, problem: data }), 400);

    try {
      const event = invokedEvent({ data }, { fn_id: fn.config.slug }, Date.now());
      await intake.startFunction(fn, event);
      const runId = await findRunSoon(event.id, fn);
      return redirect(context, runId === null ? paths.event(event.id) : paths.run(runId));
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      return respond(context, invokePage({ fn, json, problem: error.message }), 400);
    }
  }

  /** Flow control decides on a run after its event was stored, and may keep it back for long: then the event's page shows it. */
  async function findRunSoon(eventId: string, fn: RegisteredFunction): Promise<string | null> {
    const looks = fn.admission === null ? 1 : mostLooks;
    for (let look = 1; ; look += 1) {
      const runId = await findStartedRun(database, eventId);
      if (runId !== null || look === looks) return runId;
      await setTimeout(betweenLooksMs);
    }
  }
}

/** The data, or why it cannot be taken. */
function parseData(json: string): JsonObject | string {
  try {
    const value = readTypedJson(json);
    return isJsonObject(value) ? value : 'This is JSON, but no object: begin with { and end with }.';
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
}
