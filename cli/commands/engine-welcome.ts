import { join } from 'node:path';
import { shownUrl } from '../../engine/protocol/shown-url.ts';
import type { Env } from '../../src/env.ts';
import type { EngineCommandOptions } from './engine-options.ts';

const nameWidth = 26;

/** What somebody needs to know who has just started the engine at a terminal: one line a thing, and no secret. */
export function engineWelcome(
  url: string,
  { dev, sdkUrl = [] }: Pick<EngineCommandOptions, 'dev' | 'sdkUrl'>,
  env: Env,
  dataDir: string,
): string {
  const secretsFile = join(dataDir, 'secrets.json');
  const sourceOf = (name: keyof Env, field: string) =>
    env[name] === undefined ? `${field} in ${secretsFile}` : 'from the environment';
  const apps =
    sdkUrl.length > 0
      ? sdkUrl.map((one) => ['asked to register', shownUrl(one)])
      : [['to register an app', 'curl -X PUT <its serve endpoint>']];
  const things = dev
    ? [['dashboard', url], ['apps need', `INNGEST_DEV=${url}`], ...apps]
    : [
        ['dashboard', `${url}/?token=<ENGINE_DASHBOARD_TOKEN>`],
        ['apps need', `INNGEST_BASE_URL=${url}, INNGEST_SIGNING_KEY and INNGEST_EVENT_KEY`],
        ...apps,
        ['INNGEST_SIGNING_KEY', sourceOf('INNGEST_SIGNING_KEY', 'signingKey')],
        ['INNGEST_EVENT_KEY', sourceOf('INNGEST_EVENT_KEY', 'eventKey')],
        ['ENGINE_DASHBOARD_TOKEN', sourceOf('ENGINE_DASHBOARD_TOKEN', 'dashboardToken')],
      ];
  return things.map(([name = '', text = '']) => `  ${name.padEnd(nameWidth)}${text}\n`).join('');
}
