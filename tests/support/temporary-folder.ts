import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished, TestRunner } from 'vitest';

const removedWithFile: string[] = [];
afterAll(async () => {
  for (const folder of removedWithFile) await remove(folder);
});

/** A new empty folder. Made inside a test it is removed when that test has finished, elsewhere when the file has. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'courseport-test-'));
  const test = TestRunner.getCurrentTest();
  if (test && !test.concurrent) onTestFinished(() => remove(folder));
  else removedWithFile.push(folder);
  return folder;
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
