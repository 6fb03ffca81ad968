import { setTimeout as pause } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, MiddlewareHandler } from 'hono';
import type { SimulatorContext } from '../context.ts';
import type { CountedCall } from '../faults/fault-plan.ts';
import { hexadecimal } from '../random.ts';
import type { RateDecision } from './rate-limiter.ts';

export interface ApiEnvironment {
  Bindings: HttpBindings;
}

const htmlPage =
  '<!DOCTYPE html>\n<html><head><title>Something went wrong</title></head><body><h1>We will be back soon</h1></body></html>\n';

/** What stands before every route: the key, the rate limit, and the faults that a network and a gateway have. */
export function gateway(simulator: SimulatorContext): MiddlewareHandler<ApiEnvironment> {
  let requests = 0;
  const refuse = (c: Context, status: 401 | 403, message: string) =>
    c.json({ message, request_id: hexadecimal(32, simulator.seed, 'request', requests) }, status);

  return async (c, next) => {
    requests += 1;
    const { values } = simulator.faults;
    const call = simulator.faults.count('api', c.req.path);
    const waitMs = values.latencyMs + (call.strikes('delay') ? values.delayMs : 0);
    if (waitMs > 0) await pause(waitMs);

    const key = c.req.header('apikey');
    if (key === undefined) return refuse(c, 401, 'No API key found in request');
    if (!simulator.keys.accepts(key)) return refuse(c, 401, 'Invalid authentication credentials');
    if (values.keyAccess !== 'granted') {
      return refuse(
        c,
        values.keyAccess === '401' ? 401 : 403,
        'API access is not part of the plan of this school',
      );
    }

    if (values.monthlyQuota > 0 && !simulator.monthlyQuota.take(key, values.monthlyQuota)) {
      return values.monthlyQuotaAnswer === '403'
        ? refuse(c, 403, 'Monthly API request limit reached')
        : c.json({ message: 'API rate limit exceeded' }, 429);
    }

    const decision = takeCall(simulator, key, call);
    const allowed = decision === null || decision.allowed;
    const answer = allowed ? await strike(c, call) : c.json({ message: 'API rate limit exceeded' }, 429);
    if (answer !== null) c.res = answer;
    else await next();
    if (answer === null && call.strikes('truncatedJson')) await truncate(c);

    if (decision !== null && (!allowed || values.rateLimitHeaders === 'always')) {
      c.header('RateLimit-Limit', String(decision.limit));
      c.header('RateLimit-Remaining', String(decision.remaining));
      c.header('RateLimit-Reset', String(decision.resetSeconds));
    }
    return undefined;
  };
}

/** Null when there is no limit. */
function takeCall(simulator: SimulatorContext, key: string, call: CountedCall): RateDecision | null {
  const { values } = simulator.faults;
  const storm = call.strikes('rateLimitStorm');
  if (values.rateLimit === 0 && !storm) return null;
  const decision = simulator.rateLimiter.take(key, {
    calls: values.rateLimit,
    windowMs: values.rateLimitWindowMs,
    mode: values.rateLimitMode,
  });
  return storm ? { ...decision, allowed: false, remaining: 0 } : decision;
}

/** The answer of a gateway or a network that fails, null when this call is spared. */
async function strike(c: Context<ApiEnvironment>, call: CountedCall): Promise<Response | null> {
  if (call.strikes('connectionReset')) {
    c.env.incoming.socket.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  if (call.strikes('status500')) return c.html(htmlPage, 500);
  if (call.strikes('status502')) return c.html(htmlPage, 502);
  if (call.strikes('status503')) return c.html(htmlPage, 503);
  if (call.strikes('status504')) return c.html(htmlPage, 504);
  if (call.strikes('htmlBody')) return c.html(htmlPage, 200);
  return null;
}

async function truncate(c: Context): Promise<void> {
  const text = await c.res.text();
  const half = text.slice(0, Math.floor(text.length / 2));
  c.res = new Response(half, { status: c.res.status, headers: { 'Content-Type': 'application/json' } });
}
