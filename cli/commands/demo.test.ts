import { expect, it } from 'vitest';
import { readEnv } from '../../src/env.ts';
import { toDemoEnv } from './demo.ts';

it('keeps the demo away from the real data, whatever is set for that', () => {
  const env = readEnv({
    DATA_DIR: '/srv/courseport',
    DATABASE_URL: 'postgres://platform@db.example.com/platform',
    INNGEST_BASE_URL: 'https://inngest.example.com',
    INNGEST_EVENT_KEY: 'event-key',
    INNGEST_SIGNING_KEY: 'signkey-prod-00',
    ENCRYPTION_KEY: 'encryption-key',
    S3_BUCKET: 'bucket.example.com',
    S3_REGION: 'eu-west-1',
    PORT: '4000',
  });

  const demo = toDemoEnv(env);

  expect(demo).toMatchObject({ DATA_DIR: '/srv/courseport/demo', PORT: 4000 });
  expect(Object.values(demo).join()).not.toMatch(/example\.com|event-key|signkey|encryption-key/);
});
