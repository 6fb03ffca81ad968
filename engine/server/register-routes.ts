import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import { endpointsAppName } from '../endpoints/endpoint-function.ts';
import { limits } from '../protocol/limits.ts';
import { header, type ServerKind } from '../protocol/names.ts';
import { registrationRequest } from '../registry/function-config.ts';
import { InvalidFunction } from '../registry/refusal.ts';
import type { Registry } from '../registry/registry.ts';
import { apiError, invalidRequest } from './api-answers.ts';
import type { Access } from './auth.ts';
import { readJson } from './body.ts';

/** `POST /fn/register`: an SDK tells of its app's functions (Inngest SDK spec 4.3). */
export function addRegisterRoutes(
  app: Hono,
  parts: { access: Access; registry: Registry; serverKind: ServerKind },
): void {
  const { access, registry, serverKind } = parts;

  app.post('/fn/register', async (context) => {
    if (!access.mayUseApi(context.req.header('authorization')))
      return apiError(context, 401, 'Invalid signing key');

    const expectedKind = context.req.header(header.expectedServerKind);
    if (expectedKind && expectedKind !== serverKind) {
      return apiError(context, 400, `Expected server kind ${expectedKind}, got ${serverKind}`);
    }
    const request = registrationRequest.safeParse(await readJson(context, limits.responseBytes));
    if (!request.success) return invalidRequest(context, request.error);
    if (!request.data.appName) return apiError(context, 400, 'App ID required');
    if (request.data.appName === endpointsAppName)
      return apiError(
        context,
        400,
        `Cannot register app "${endpointsAppName}": the name is the engine's own`,
      );

    try {
      const { appId, isModified } = await registry.register(request.data.appName, request.data);
      return context.json({ ok: true, modified: isModified, sync_id: randomUUID(), app_id: appId });
    } catch (error) {
      if (!(error instanceof InvalidFunction)) throw error;
      return apiError(context, 400, `At least one function is invalid: ${error.message}`);
    }
  });
}
