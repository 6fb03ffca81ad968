import { describe, expect, it } from 'vitest';
import { readEnv } from '../../src/env.ts';
import { engineWelcome } from './engine-welcome.ts';

const url = 'http://127.0.0.1:8288';
const lines = (text: string) => text.trimEnd().split('\n');

describe('the welcome of the engine', () => {
  it('says in dev mode where the dashboard is and what apps need', () => {
    const text = engineWelcome(url, { dev: true }, readEnv({}), '/data');

    expect(lines(text)).toEqual([
      '  dashboard                 http://127.0.0.1:8288',
      '  apps need                 INNGEST_DEV=http://127.0.0.1:8288',
      '  to register an app        curl -X PUT <its serve endpoint>',
    ]);
  });

  it('says otherwise where each secret is, and none of them', () => {
    const env = readEnv({ INNGEST_SIGNING_KEY: 'signkey-prod-00ff' });
    const sdkUrl = ['https://user:word@app.example/api/inngest?bypass=hidden'];

    const text = engineWelcome(url, { dev: false, sdkUrl }, env, '/data');

    expect(lines(text)).toEqual([
      '  dashboard                 http://127.0.0.1:8288/?token=<ENGINE_DASHBOARD_TOKEN>',
      '  apps need                 INNGEST_BASE_URL=http://127.0.0.1:8288, INNGEST_SIGNING_KEY and INNGEST_EVENT_KEY',
      '  asked to register         https://app.example/api/inngest',
      '  INNGEST_SIGNING_KEY       from the environment',
      '  INNGEST_EVENT_KEY         eventKey in /data/secrets.json',
      '  ENGINE_DASHBOARD_TOKEN    dashboardToken in /data/secrets.json',
    ]);
  });
});
