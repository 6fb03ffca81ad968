import { describe, expect, it, vi } from 'vitest';
import { eventStream } from './event-stream.ts';

const request = () => new Request('http://127.0.0.1/imports/imp_1/events');

describe('eventStream', () => {
  it('sends each event and then says that it is over', async () => {
    const response = eventStream(request(), async (send) => {
      send('progress', { done: 1 });
      send('progress', { done: 2 });
    });

    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toBe(
      [
        'retry: 2000',
        'event: progress\ndata: {"done":1}',
        'event: progress\ndata: {"done":2}',
        'event: end\ndata: {}',
        '',
      ].join('\n\n'),
    );
  });

  it('keeps a line break in the data from ending the event', async () => {
    const response = eventStream(request(), async (send) => send('progress', { title: 'a\n\nb' }));

    expect(await response.text()).toContain('data: {"title":"a\\n\\nb"}\n\n');
  });

  it('tells the producer when the client leaves', async () => {
    let seen: AbortSignal | undefined;
    const response = eventStream(request(), (_send, signal) => {
      seen = signal;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    });

    await response.body?.cancel();

    expect(seen?.aborted).toBe(true);
  });

  it('ends without an end event when the producer fails, so that the browser comes back', async () => {
    const response = eventStream(request(), async (send) => {
      send('progress', {});
      throw new Error('database gone');
    });

    const text = await response.text();

    expect(text).toContain('event: progress');
    expect(text).not.toContain('event: end');
    expect(text).not.toContain('database gone');
  });

  it('sends a sign of life while nothing happens', async () => {
    const response = eventStream(
      request(),
      (_send, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      { heartbeatMs: 5 },
    );
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();

    await vi.waitFor(async () => expect((await reader?.read())?.value).toContain(': still here'));
    await reader?.cancel();
  });
});
