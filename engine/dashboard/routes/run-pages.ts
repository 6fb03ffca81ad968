import type { Context } from 'hono';
import { SingletonBusy } from '../../flow-control/repeater.ts';
import { whyNotAnswering } from '../facts/apps.ts';
import { findEventDetail } from '../facts/event.ts';
import { findInvokedRuns } from '../facts/invoked-runs.ts';
import { findRelatives } from '../facts/related-runs.ts';
import { findRunDetail, type RunDetail } from '../facts/run.ts';
import { findRuns } from '../facts/runs.ts';
import { findStepContents, findStepRows } from '../facts/steps.ts';
import { findRunPart, findStepPart, runParts, stepParts } from '../facts/whole.ts';
import { isStartable } from '../function-starts.ts';
import { html } from '../html.ts';
import { paths, runLink } from '../links.ts';
import { cancelPage } from '../pages/cancel-page.ts';
import { messagePage } from '../pages/message-page.ts';
import { runPage, stepsPerPage } from '../pages/run-page.ts';
import { runsPage } from '../pages/runs-page.ts';
import { readCursor, readStatus, readTimeSpan, readWord, tellUnread } from '../query.ts';
import { redirect, respond, respondRaw } from '../respond.ts';
import { type DashboardParts, notFound, type Pages } from '../routes.ts';

/** `/runs`, `/runs/:id` with its parts, and what can be done with a run. */
export function addRunPages(pages: Pages, parts: DashboardParts): void {
  const { database, registry, runs, executor, repeater, appNews } = parts;

  pages.page('/runs', async (context) => {
    const slug = readWord(context.req.query('function'));
    const status = readStatus(context.req.query('status'));
    const event = readWord(context.req.query('event'));
    const { from, to } = context.req.query();
    const span = readTimeSpan(from, to);
    const before = readCursor(context.req.query('before'));
    const found = await findRuns(database, {
      status,
      functionId: slug === '' ? null : await functionIdOf(slug),
      event: event === '' ? null : event,
      range: span.range,
      before,
    });
    return respond(
      context,
      runsPage({
        functions: registry.list(),
        status,
        slug,
        event,
        span,
        unread: tellUnread({ status: context.req.query('status'), from, to }),
        before,
        runs: found,
        nowMs: Date.now(),
      }),
    );
  });

  pages.page('/runs/:runId', async (context) => {
    const run = await find(context);
    if (run === undefined) return notFound(context);
    const [event, steps, relatives] = await Promise.all([
      findEventDetail(database, run.eventId),
      findStepRows(database, run.id),
      findRelatives(database, run),
    ]);
    if (event === undefined) return notFound(context);
    const fn = registry.findByName(run.functionId);
    const firstStep = readFirstStep(context.req.query('steps'), steps.length);
    const shown = steps.slice(firstStep, firstStep + stepsPerPage);
    const [contents, invokedRuns] = await Promise.all([
      findStepContents(
        database,
        run.id,
        shown.map((step) => step.id),
      ),
      findInvokedRuns(database, shown),
    ]);
    return respond(
      context,
      runPage({
        run,
        event,
        relatives,
        steps: shown,
        firstStep,
        stepCount: steps.length,
        contents,
        invokedRuns,
        awayReason: fn === undefined ? null : whyNotAnswering(fn, appNews()),
        hasFunction: fn !== undefined,
        mayRepeat: fn !== undefined && isStartable(fn),
        nowMs: Date.now(),
      }),
    );
  });

  for (const part of runParts) {
    pages.page(`/runs/:runId/${part}`, async (context) =>
      answerRaw(context, await findRunPart(database, context.req.param('runId') ?? '', part)),
    );
  }
  for (const part of stepParts) {
    pages.page(`/runs/:runId/steps/:stepId/${part}`, async (context) => {
      const { runId = '', stepId = '' } = context.req.param();
      return answerRaw(context, await findStepPart(database, { runId, stepId }, part));
    });
  }

  pages.page('/runs/:runId/cancel', async (context) => {
    const run = await find(context);
    if (run === undefined) return notFound(context);
    return run.status === 'running'
      ? respond(context, cancelPage(run))
      : redirect(context, paths.run(run.id));
  });

  pages.action('/runs/:runId/cancel', async (context) => {
    const run = await find(context);
    if (run === undefined) return notFound(context);
    await executor.cancel(run.id);
    return redirect(context, paths.run(run.id));
  });

  pages.action('/runs/:runId/again', async (context) => {
    const run = await find(context);
    const fn = run && registry.findByName(run.functionId);
    if (run === undefined || fn === undefined || !isStartable(fn)) return notFound(context);
    try {
      const newRunId = await repeater.repeat(run.id, fn);
      return newRunId === undefined ? notFound(context) : redirect(context, paths.run(newRunId));
    } catch (error) {
      if (!(error instanceof SingletonBusy)) throw error;
      const text = html`The function allows one run at a time, and ${runLink(error.activeRunId)} is under way. Wait for its end, or cancel it.`;
      return respond(context, messagePage({ title: 'This cannot run again now', text }), 409);
    }
  });

  /** What is known of a run; the time of its first call stands in memory before it stands in the database. */
  async function find(context: Context): Promise<RunDetail | undefined> {
    const run = await findRunDetail(database, context.req.param('runId') ?? '');
    return run && { ...run, startedAtMs: run.startedAtMs ?? runs.peek(run.id)?.startedAtMs ?? null };
  }

  async function functionIdOf(slug: string): Promise<string> {
    const known = registry.findByName(slug)?.id;
    if (known !== undefined) return known;
    const [archived] = await database.read<{ id: string }>(
      'select id from engine.functions where slug = $1 limit 1',
      [slug],
    );
    return archived?.id ?? noFunctionId;
  }
}

/** Belongs to no function: nothing is found by it. */
const noFunctionId = '00000000-0000-0000-0000-000000000000';

function answerRaw(context: Context, json: string | undefined): Response {
  return json === undefined ? notFound(context) : respondRaw(context, json);
}

function readFirstStep(text: string | undefined, stepCount: number): number {
  const first = Number(text ?? 0);
  return Number.isInteger(first) && first > 0 && first < stepCount ? first : 0;
}
