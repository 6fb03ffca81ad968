import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import { limits } from '../protocol/limits.ts';
import { header, type ServerKind } from '../protocol/names.ts';
import type { Attendance } from '../registry/attendance.ts';
import type { Registry } from '../registry/registry.ts';
import { RegistrationRefused, takeRegistration } from '../registry/take-registration.ts';
import { apiError } from './api-answers.ts';
import type { Access } from './auth.ts';
import { readJson } from './body.ts';

/** `POST /fn/register`: an SDK tells of its app's functions (Inngest SDK spec 4.3). */
export function addRegisterRoutes(
  app: Hono,
  parts: { access: Access; registry: Registry; attendance: Attendance; serverKind: ServerKind },
): void {
  const { access, registry, attendance, serverKind } = parts;

  app.post('/fn/register', async (context) => {
    if (!access.mayUseApi(context.req.header('authorization')))
      return apiError(context, 401, 'Invalid signing key');

    const expectedKind = context.req.header(header.expectedServerKind);
    if (expectedKind && expectedKind !== serverKind) {
      return apiError(context, 400, `Expected server kind ${expectedKind}, got ${serverKind}`);
    }
    const body = await readJson(context, limits.responseBytes);
    try {
      const { appId, isModified } = await takeRegistration({ registry, attendance }, body);
      return context.json({ ok: true, modified: isModified, sync_id: randomUUID(), app_id: appId });
    } catch (error) {
      if (!(error instanceof RegistrationRefused)) throw error;
      return apiError(context, 400, error.message);
    }
  });
}
