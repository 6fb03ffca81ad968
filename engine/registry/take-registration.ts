import type { Logger } from 'pino';
import { endpointsAppName } from '../endpoints/endpoint-function.ts';
import { shownUrl } from '../protocol/shown-url.ts';
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
  { registry, logger }: { readonly registry: Registry; readonly logger: Logger },
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
    if (registration.isModified)
      logger.info(
        { app: appName, url: shownUrl(url), functions: functions.length },
        'App has registered its functions',
      );
    return registration;
  } catch (error) {
    if (!(error instanceof InvalidFunction)) throw error;
    logger.warn({ app: appName, reason: error.message }, 'Refused the registration of an app');
    throw new RegistrationRefused(`At least one function is invalid: ${error.message}`);
  }
}
