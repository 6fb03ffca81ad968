import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { openConnection } from './accounts/connections.ts';
import { connect, type Database } from './db/client.ts';
import { defaultOrganisationId } from './db/schema/index.ts';
import { type Env, getEnv } from './env.ts';
import { AppError } from './errors/app-error.ts';
import { createGuardedFetch } from './http/guarded-fetch.ts';
import type { HttpClient } from './http/types.ts';
import { getLog } from './jobs/log.ts';
import { createCallBudget } from './sources/teachable/budget.ts';
import { createTeachableSource } from './sources/teachable/source.ts';
import type { Source } from './sources/types.ts';
import { openStorage } from './storage/open-storage.ts';
import type { Storage } from './storage/types.ts';

/** What a verb works with: whose data, and the neighbours that hold it. */
export interface Context {
  readonly organisationId: string;
  readonly database: Database;
  readonly storage: Storage;
  readonly http: HttpClient;
  readonly log: Logger;
  /** For files on their way; made when it is not there. */
  readonly tmpDir: string;
  readonly maxAssetBytes: number;
  /**
   * The school behind a connection, with its budget.
   *
   * @throws {AppError} `NOT_FOUND` for a connection that is not the organisation's
   */
  openSource(connectionId: string, options?: SourceOptions): Promise<Source>;
}

export interface SourceOptions {
  /** The import that calls, which shares the school's allowance with others; none for a person who waits for the answer. */
  readonly importId?: string;
  /** Another key than the saved one, to see whether it is accepted. */
  readonly apiKey?: string;
  /** Hears of every call that was sent; not of waiting for the budget. */
  readonly onCall?: (call: { readonly rateLimited: boolean }) => void;
}

/** What a process opens once and all contexts share. */
export type Neighbours = Omit<Context, 'organisationId' | 'openSource'>;

/** A context of one organisation. */
export function createContext(neighbours: Neighbours, organisationId: string): Context {
  const { database, http, log } = neighbours;
  return {
    ...neighbours,
    organisationId,
    async openSource(connectionId, options = {}) {
      const { apiUrl, apiKey } = await openConnection(database, { organisationId, connectionId });
      return createTeachableSource({
        apiUrl,
        apiKey: options.apiKey ?? apiKey.reveal(),
        http,
        budget: createCallBudget({
          database,
          connectionId,
          organisationId,
          importId: options.importId ?? null,
        }),
        log,
        ...(options.onCall ? { onCall: options.onCall } : {}),
      });
    },
  };
}

const userAgent = 'Courseport (course import)';

/**
 * Opens the neighbours that the settings name.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` without a database
 */
export function openNeighbours(env: Env): Neighbours & { close(): Promise<void> } {
  if (env.DATABASE_URL === undefined) {
    throw new AppError({
      code: 'CONFIGURATION_INVALID',
      message: 'Cannot open the platform: DATABASE_URL is not set, start it by "npm start" or set it',
      publicMessage: 'The server is configured wrongly; its operator has to set DATABASE_URL.',
      retry: 'never',
    });
  }
  const dataDir = resolve(env.DATA_DIR);
  const connection = connect(env.DATABASE_URL);
  const http = createGuardedFetch({ allowedPrivateHosts: env.ALLOWED_PRIVATE_HOSTS, userAgent });
  return {
    database: connection.db,
    storage: openStorage(env),
    http,
    log: getLog(),
    tmpDir: join(dataDir, 'tmp'),
    maxAssetBytes: env.ASSET_MAX_BYTES,
    async close() {
      await http.close();
      await connection.close();
    },
  };
}

let processNeighbours: ReturnType<typeof openNeighbours> | undefined;

/** A context on the process's own neighbours, which are opened from the environment at the first call. */
export function getContext(organisationId: string = defaultOrganisationId): Context {
  processNeighbours ??= openNeighbours(getEnv());
  return createContext(processNeighbours, organisationId);
}

/** Closes what `getContext` opened; the next call opens it anew. For the end of a process. */
export async function closeContext(): Promise<void> {
  const open = processNeighbours;
  processNeighbours = undefined;
  await open?.close();
}
