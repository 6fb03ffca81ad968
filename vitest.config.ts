import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,engine,simulator,cli,app,bench,tests}/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 20,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    typecheck: { enabled: false },
    restoreMocks: true,
  },
});
