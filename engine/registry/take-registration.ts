import { endpointsAppName } from '../endpoints/endpoint-function.ts';
import type { Attendance } from './attendance.ts';
import { registrationRequest } from './function-config.ts';
import { InvalidFunction } from './refusal.ts';
import type { Registration, Registry } from './registry.ts';

/** A registration that cannot be taken. The message is for the app's developer. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused';
}

/**
 * Takes what an app says about itself, as it came in.
 *
 * @throws {RegistrationRefused}
 * @throws {DatabaseUnavailable}
 */
export async function takeRegistration(
  { registry, attendance }: { readonly registry: Registry; readonly attendance: Attendance },
  value: unknown,
): Promise<Registration> {
  const request = registrationRequest.safeParse(value);
  if (!request.success) {
    const [issue] = request.error.issues;
    const field = issue?.path.join('.');
    throw new RegistrationRefused(`Invalid request: ${field ? `${field}: ` : ''}${issue?.message}`);
  }
  const { appName } = request.data;
  if (!appName) throw new RegistrationRefused('App ID required');
  if (appName === endpointsAppName)
    throw new RegistrationRefused(`Cannot register app "${appName}": the name is the engine's own`);
  try {
    const registration = await registry.register(appName, request.data);
    const { url, functions } = request.data;
    attendance.registered({ name: appName, url }, functions.length, registration.isModified);
    return registration;
  } catch (error) {
    if (!(error instanceof InvalidFunction)) throw error;
    attendance.refused(appName, error.message);
    throw new RegistrationRefused(`At least one function is invalid: ${error.message}`);
  }
}
