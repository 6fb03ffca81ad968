import { expect, it } from 'vitest';
import { startEngine } from '../../engine/main.ts';
import { testEngineOptions, testKeys } from '../engine/engine-app.ts';
import { runCommand } from '../support/command.ts';
import { createTestDatabase } from '../support/database.ts';
import { readmeCommand } from '../support/readme.ts';
import { onScopeEnd } from '../support/scope.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it.each([
  ['in dev mode', false],
  ['that signs', true],
])('npm run conformance runs against a server elsewhere, %s', { timeout: 180_000 }, async (_, isSigned) => {
  const { url } = await createTestDatabase('empty');
  const engine = await startEngine(testEngineOptions(url, isSigned));
  onScopeEnd(() => engine.stop());
  const keys = { ENGINE_EVENT_KEY: testKeys.eventKey, ENGINE_SIGNING_KEY: testKeys.signingKey };

  // Two files only: whether it works, not what the server can do.
  const words = [...readmeCommand('npm run conformance'), '--', 'signing', 'steps'];
  const { exitCode, output } = await runCommand(words, {
    dataDir: await temporaryFolder(),
    env: { ENGINE_URL: engine.url, ...(isSigned ? keys : {}) },
  });

  expect(exitCode, output).toBe(0);
  expect(output).toMatch(/Test Files .*2 passed/);
  expect(output).toMatch(/Tests .* skipped/);
});
