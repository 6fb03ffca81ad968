import { rm } from 'node:fs/promises';
import type { Storage } from '../storage/types.ts';
import type { DownloadedAsset } from './download.ts';

export interface StoredAsset {
  readonly storageKey: string;
  /** True when the organisation had the same bytes already. */
  readonly deduplicated: boolean;
}

/**
 * Keeps a downloaded file for an organisation under the SHA-256 of its bytes, so that the same bytes are kept once.
 * Takes the file over: it is gone afterwards, stored or not.
 */
export async function storeAsset(
  storage: Storage,
  organisationId: string,
  file: Pick<DownloadedAsset, 'path' | 'bytes' | 'sha256'>,
): Promise<StoredAsset> {
  try {
    return await copyAsset(storage, organisationId, file);
  } finally {
    await rm(file.path, { force: true });
  }
}

/** As `storeAsset`, but the file stays the caller's. */
export async function copyAsset(
  storage: Storage,
  organisationId: string,
  file: Pick<DownloadedAsset, 'path' | 'bytes' | 'sha256'>,
): Promise<StoredAsset> {
  const storageKey = assetKey(organisationId, file.sha256);
  const known = await storage.stat(storageKey);
  const deduplicated = known?.bytes === file.bytes;
  if (!deduplicated) await storage.put(storageKey, { path: file.path });
  return { storageKey, deduplicated };
}

/** Organisations share nothing, not even equal bytes: a key tells nobody what another one has. */
function assetKey(organisationId: string, sha256: string): string {
  return `assets/${organisationId}/${sha256}`;
}
