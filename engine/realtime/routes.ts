import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { limits } from '../protocol/limits.ts';
import { apiError } from '../server/api-answers.ts';
import { readJson, readText } from '../server/body.ts';
import { type Tokens, tokenOf } from '../server/tokens.ts';
import { type Hub, streamTopicName } from './hub.ts';
import { publishMessage, publishStream, teeStream } from './publish.ts';
import { streamEvents } from './sse.ts';

export interface RealtimeParts {
  readonly hub: Hub;
  readonly tokens: Tokens;
  /** The last event of a run's stream, if the run has ended. */
  lastEvent(runId: string): Promise<string | null>;
}

const tokenRequest = z
  .array(z.object({ channel: z.string().min(1).max(1_000), name: z.string().min(1).max(1_000) }))
  .min(1)
  .max(limits.topicsPerSubscription);

/** The realtime API (inngest.com/docs/features/realtime), except for WebSockets: publishing, tokens, server-sent events. */
export function addRealtimeRoutes(app: Hono, parts: RealtimeParts): void {
  const { hub, tokens, lastEvent } = parts;

  app.post('/v1/realtime/token', async (context) => {
    const topics = tokenRequest.safeParse(await readJson(context, limits.eventRequestBytes));
    if (!topics.success)
      return apiError(
        context,
        400,
        `Invalid request: a list of 1 to ${limits.topicsPerSubscription} topics with channel and name is needed`,
      );
    const jwt = tokens.issue({ use: 'subscribe', topics: topics.data }, limits.subscriptionTokenMs);
    return context.json({ jwt }, 201);
  });

  app.post('/v1/realtime/publish', async (context) => {
    const { channel, runId, names } = source(context);
    if (channel === '' || names.length === 0)
      return apiError(context, 400, 'Invalid request: channel and topic are needed');
    if (context.req.header('content-type')?.startsWith('text/stream')) {
      const [name = ''] = names;
      await publishStream(hub, { channel, name, runId }, context.req.raw.body ?? nothing());
    } else {
      const body = await readText(context, limits.realtimeMessageBytes);
      for (const name of names) publishMessage(hub, { channel, name, runId }, body);
    }
    return context.body(null, 200);
  });

  app.post('/v1/realtime/publish/tee', async (context) => {
    const { channel } = source(context);
    if (channel === '') return apiError(context, 400, 'Invalid request: a channel is needed');
    await teeStream(hub, channel, context.req.raw.body ?? nothing());
    return context.body(null, 200);
  });

  app.get('/v1/realtime/sse', async (context) => {
    const query = context.req.query('token');
    const grant = tokens.read(tokenOf({ query, authorization: context.req.header('authorization') }));
    if (grant?.use !== 'subscribe') return apiError(context, 401, 'Invalid or expired token');
    const stream = grant.topics.find(({ name }) => name === streamTopicName);
    const last = stream === undefined ? null : await lastEvent(stream.channel);
    return streamEvents(context, hub, grant.topics, last);
  });
}

function source(context: Context): { channel: string; runId: string | undefined; names: readonly string[] } {
  return {
    channel: context.req.query('channel') ?? '',
    runId: context.req.query('run_id'),
    names: context.req.queries('topic') ?? [],
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
