/** Server-sent events (HTML Living Standard, section 9.2). */

export interface EventStreamOptions {
  /** How often an idle stream sends a comment, so that nothing between us and the browser closes it. */
  readonly heartbeatMs?: number;
  /** How long a browser waits before it connects again. */
  readonly reconnectMs?: number;
}

export type SendEvent = (name: string, data: unknown) => void;

/**
 * Answers with the events that `produce` sends until it returns. Its signal aborts when the client leaves. A failure ends the
 * stream without an `end` event, so the browser connects again and gets the state of then.
 */
export function eventStream(
  request: Request,
  produce: (send: SendEvent, signal: AbortSignal) => Promise<void>,
  { heartbeatMs = 15_000, reconnectMs = 2_000 }: EventStreamOptions = {},
): Response {
  const gone = new AbortController();
  const signal = AbortSignal.any([request.signal, gone.signal]);
  const encoder = new TextEncoder();

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string) => {
        if (!signal.aborted) controller.enqueue(encoder.encode(text));
      };
      const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs);
      const close = () => {
        clearInterval(heartbeat);
        if (!gone.signal.aborted) controller.close();
        gone.abort();
      };

      write(`retry: ${reconnectMs}\n\n`);
      produce((name, data) => write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`), signal)
        .then(() => write('event: end\ndata: {}\n\n'))
        .catch(() => undefined)
        .finally(close);
    },
    cancel() {
      gone.abort();
    },
  });

  return new Response(body, {
    headers: {
      'Cache-Control': 'no-cache, no-transform',
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    },
  });
}
