import type { Hono } from 'hono';
import { InvalidEvent } from '../intake/event.ts';
import type { Intake } from '../intake/intake.ts';
import { isJsonObject } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import type { Registry } from '../registry/registry.ts';
import { invokedEvent } from '../waits/invoke.ts';
import type { Access } from './auth.ts';
import { readJson } from './body.ts';

/** `POST /invoke/:slug`: starts one function, whatever its triggers. The body is an event without a name. */
export function addInvokeRoutes(
  app: Hono,
  parts: { access: Access; intake: Intake; registry: Registry },
): void {
  const { access, intake, registry } = parts;

  app.post('/invoke/:slug', async (context) => {
    if (!access.mayUseApi(context.req.header('authorization'))) {
      return context.json({ status: 401, error: 'Invalid signing key' }, 401);
    }
    const slug = context.req.param('slug');
    const body = await readJson(context, limits.eventBytes);
    try {
      if (!isJsonObject(body)) throw new InvalidEvent('event is not an object');
      const event = invokedEvent(body, { fn_id: slug }, Date.now());
      // The official server takes invocations of functions that it does not know; so the event is stored at least.
      await intake.startFunction(registry.findByName(slug), event);
      return context.json({ id: event.id, status: 200 });
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      return context.json({ status: 400, error: error.message }, 400);
    }
  });
}
