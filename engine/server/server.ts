import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { TooDeep } from '../protocol/canonical-json.ts';
import { header, type ServerKind } from '../protocol/names.ts';
import { DatabaseUnavailable } from '../store/connection.ts';
import { apiError } from './api-answers.ts';
import type { Access } from './auth.ts';
import { UnreadableBody } from './body.ts';
import { whyForeign } from './local-only.ts';

/** Browsers use these with a token for the one thing that they are to see; the routes check it. */
const tokenPaths: readonly RegExp[] = [/^\/v1\/realtime\/sse$/, /^\/v1\/http\/runs\/[^/]+\/output$/];

/** An application with what all routes have in common: the server's kind in every answer, who may use the API, errors as JSON. */
export function createApp(parts: { serverKind: ServerKind; access: Access; logger: Logger }): Hono {
  const { serverKind, access, logger } = parts;
  const app = new Hono();

  app.use(async (context, next) => {
    const refusal = refuseNul(context) ?? (serverKind === 'dev' ? refuseForeign(context) : null);
    if (refusal === null) await next();
    else context.res = refusal;
    context.header(header.serverKind, serverKind);
  });
  for (const path of ['/v0/*', '/v1/*']) {
    app.use(path, async (context, next) => {
      const hasOwnToken = tokenPaths.some((pattern) => pattern.test(context.req.path));
      if (hasOwnToken || access.mayUseApi(context.req.header('authorization'))) return await next();
      return apiError(context, 401, 'Invalid signing key');
    });
  }
  app.notFound((context) => {
    const allowed = allowedMethods(app, context.req.path);
    if (allowed.length === 0) return apiError(context, 404, `Not found: there is nothing at this path`);
    context.header('allow', allowed.join(', '));
    return apiError(
      context,
      405,
      `Cannot ${context.req.method} this path: allowed are ${allowed.join(', ')}`,
    );
  });
  app.onError((error, context) => {
    if (error instanceof UnreadableBody) return apiError(context, error.status, error.message);
    if (error instanceof TooDeep) return apiError(context, 400, `Invalid request: ${error.message}`);
    if (error instanceof DatabaseUnavailable) return apiError(context, 503, error.message);
    if (error instanceof URIError)
      return apiError(context, 400, 'Invalid request: the path is not correctly encoded');
    logger.error({ err: error, path: context.req.routePath }, 'Cannot answer a request');
    return apiError(context, 500, 'Internal error');
  });
  return app;
}

/** PostgreSQL has no text with a NUL in it, so nothing can have such a name. */
function refuseNul(context: Context): Response | null {
  return context.req.url.includes('%00')
    ? apiError(context, 400, 'Invalid request: the address contains a NUL character')
    : null;
}

function refuseForeign(context: Context): Response | null {
  const problem = whyForeign({
    method: context.req.method,
    host: context.req.header('host'),
    origin: context.req.header('origin'),
    fetchSite: context.req.header('sec-fetch-site'),
  });
  return problem === null ? null : apiError(context, 403, problem);
}

const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The methods that have a route at the path. Middleware, which is there for all methods, does not count. */
function allowedMethods(app: Hono, path: string): readonly string[] {
  return methods.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
}
