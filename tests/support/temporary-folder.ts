import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onScopeEnd } from './scope.ts';

/** A new empty folder. Made inside a test it is removed when that test has finished, elsewhere when the file has. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'courseport-test-'));
  onScopeEnd(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
