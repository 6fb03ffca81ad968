import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { onScopeEnd } from './scope.ts';

/** A new empty folder. Made inside a test it is removed when that test has finished, elsewhere when the file has. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(inject('runFolder'), 'test-'));
  onScopeEnd(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
