import { defineConfig } from 'vitest/config';

/** `npm run conformance`: the suite alone, against the server at `ENGINE_URL` or else against our engine. */
const isExternal = Boolean(process.env.ENGINE_URL);

export default defineConfig({
  test: {
    include: ['tests/contracts/*.test.ts'],
    // A server elsewhere needs no database of ours.
    globalSetup: [
      'tests/contracts/support/check-server.ts',
      ...(isExternal ? [] : ['tests/support/global-setup.ts']),
    ],
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 20,
    // Another server may wait for seconds before each retry, and answer from a cache.
    testTimeout: isExternal ? 150_000 : 30_000,
    hookTimeout: isExternal ? 300_000 : 60_000,
  },
});
