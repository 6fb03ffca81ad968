import { z } from 'zod';
import type { Database } from '../store/database.ts';
import { findRun, type RunFacts } from '../store/inspect.ts';

/** What the SDK reports as the output of an endpoint: its response. The body of a response that is text is in it as JSON text. */
const response = z.object({
  status: z.number().default(200),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default('null'),
});

const cancelled = '{"name":"Cancelled","message":"The run was cancelled"}';

/** The run if it has ended, else null. */
export async function findEnded(database: Database, runId: string): Promise<RunFacts | null> {
  const run = await findRun(database, runId);
  return run === undefined || run.status === 'running' ? null : run;
}

/** How a run ended, for who follows the redirect of a durable endpoint. */
export function outcomeText(run: RunFacts): string {
  return run.status === 'completed'
    ? `{"data":${run.output ?? 'null'}}`
    : `{"error":${run.error ?? cancelled}}`;
}

/** The last server-sent event of a run's stream, as the SDK sends it when it runs the end of the function. */
export function lastEvent(run: RunFacts): string {
  return `event: inngest.response\ndata: ${JSON.stringify(
    run.status === 'completed' ? succeeded(run.output) : failed(run.error ?? cancelled),
  )}\n\n`;
}

function succeeded(output: string | null): object {
  const { status, headers, body } = response
    .catch({ status: 200, headers: {}, body: 'null' })
    .parse(JSON.parse(output ?? 'null'));
  return { status: 'succeeded', response: { body: textOf(body), statusCode: status, headers } };
}

function failed(error: string): object {
  const { message } = z.object({ message: z.string().default('') }).parse(JSON.parse(error));
  const headers = { 'content-type': 'application/json' };
  return { status: 'failed', response: { body: JSON.stringify(message), statusCode: 500, headers } };
}

function textOf(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'string' ? value : body;
  } catch {
    return body;
  }
}
