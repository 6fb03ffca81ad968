import { getContext } from '../../../../src/context.ts';
import { isAppError } from '../../../../src/errors/app-error.ts';
import { getProgress } from '../../../../src/imports/progress.ts';
import { watchImport } from '../../../../src/imports/watch.ts';
import { eventStream } from '../../../lib/event-stream.ts';

interface EventsRouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

/**
 * The progress of an import as server-sent events: `progress` at once and at each change, `end` when it is final. Whoever
 * connects again gets the present state first, so nothing has to be remembered for them.
 */
export async function GET(request: Request, { params }: EventsRouteProps): Promise<Response> {
  const context = getContext();
  const { id } = await params;
  try {
    await getProgress(context, id);
  } catch (error) {
    if (isAppError(error, 'NOT_FOUND')) return new Response('There is no such import.\n', { status: 404 });
    throw error;
  }
  return eventStream(request, async (send, signal) => {
    await watchImport(context, id, { onProgress: (progress) => send('progress', progress), signal });
  });
}
