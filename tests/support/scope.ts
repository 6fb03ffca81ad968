import { afterAll, onTestFinished, TestRunner } from 'vitest';

const atEndOfFile: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanUp of atEndOfFile.reverse()) await cleanUp();
});

/** Has something cleaned up when the running test has finished, after its hooks; outside of tests, when the file has. */
export function onScopeEnd(cleanUp: () => Promise<void>): void {
  const test = TestRunner.getCurrentTest();
  // Among concurrent tests "the current one" may be another.
  if (test && !test.concurrent) onTestFinished(cleanUp);
  else atEndOfFile.push(cleanUp);
}
