import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { isSameAddress } from '../protocol/same-address.ts';
import type { Database } from '../store/database.ts';
import type { KnownApp } from './attendance.ts';
import { EventIndex } from './event-index.ts';
import { type FunctionConfig, functionConfig, type RegistrationRequest } from './function-config.ts';
import { type RegisteredFunction, toRegisteredFunction } from './registered-function.ts';
import { validateFunction } from './validate.ts';

export interface Registration {
  readonly appId: string;
  /** Whether anything differs from the registration before. */
  readonly isModified: boolean;
}

interface FunctionRecord {
  id: string;
  app_id: string;
  app_name: string;
  version: number;
  is_archived: boolean;
  config: string;
}

/** The apps and functions the engine knows: in the database, and compiled in memory. */
export class Registry {
  readonly #database: Database;
  readonly #functions = new Map<string, RegisteredFunction>();
  #bySlug: ReadonlyMap<string, RegisteredFunction> = new Map();
  /** Active functions by the names of events that start them, or patterns of such names. */
  #byTrigger = new EventIndex([], () => []);
  /** Functions, archived ones too, by the names of events that cancel their runs. */
  #byCancel = new EventIndex([], () => []);
  /** Registrations are handled one after another. */
  #lastRegistration: Promise<unknown> = Promise.resolve();
  readonly #listeners: (() => void)[] = [];
  readonly #registrationListeners: ((appId: string) => void)[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  /** Reads what earlier lives of the engine knew, so that runs go on before their app registers again. */
  async load(): Promise<void> {
    const records = await this.#database.readPatiently<FunctionRecord>(
      `select f.id, f.app_id, a.name as app_name, f.version, f.archived_at is not null as is_archived, f.config
       from engine.functions f join engine.apps a on a.id = f.app_id`,
      [],
    );
    for (const record of records) this.#put(toFunction(record));
    this.#changed();
  }

  /** The ids of all functions, archived ones too. */
  functionIds(): readonly string[] {
    return [...this.#functions.keys()];
  }

  find(functionId: string): RegisteredFunction | undefined {
    return this.#functions.get(functionId);
  }

  /** The app that serves functions at an address. */
  findApp(url: string): KnownApp | undefined {
    const fn = this.list().find(({ config }) => isSameAddress(config.url, url));
    return fn && { name: fn.appName, url: fn.config.url };
  }

  hasApp(appName: string): boolean {
    return [...this.#functions.values()].some((fn) => fn.appName === appName);
  }

  /** A function of an app, archived or not, by its id in the app, its slug or our id. */
  findInApp(appName: string, id: string): RegisteredFunction | undefined {
    const names = [id, `${appName}-${id}`];
    return [...this.#functions.values()].find(
      (fn) => fn.appName === appName && (fn.id === id || names.includes(fn.config.slug)),
    );
  }

  /** Finds a function that can be started by its slug or its id. */
  findByName(name: string): RegisteredFunction | undefined {
    const fn = this.#bySlug.get(name) ?? this.#functions.get(name);
    return fn?.isArchived ? undefined : fn;
  }

  /** Functions that can be started, in the order of their names. */
  list(): readonly RegisteredFunction[] {
    return [...this.#functions.values()]
      .filter((fn) => !fn.isArchived)
      .sort((a, b) => a.config.slug.localeCompare(b.config.slug));
  }

  startedBy(eventName: string): readonly RegisteredFunction[] {
    return this.#byTrigger.find(eventName);
  }

  cancelledBy(eventName: string): readonly RegisteredFunction[] {
    return this.#byCancel.find(eventName);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The listener is called whenever an app has registered, also if nothing changed by that. */
  onRegistration(listener: (appId: string) => void): void {
    this.#registrationListeners.push(listener);
  }

  /**
   * Takes over the functions of an app: new ones are added, changed ones get a new version, missing ones are archived.
   *
   * @throws {InvalidFunction} when one of them cannot be registered; nothing is changed then
   * @throws {DatabaseUnavailable}
   */
  register(appName: string, request: RegistrationRequest): Promise<Registration> {
    const configs = request.functions.map(validateFunction);
    const registration = this.#lastRegistration
      .catch(() => undefined)
      .then(() => this.#register(appName, request, configs));
    this.#lastRegistration = registration;
    return registration;
  }

  /** Takes in a function of the engine's own, unless it is known. @throws {DatabaseUnavailable} */
  async ensure(appName: string, config: FunctionConfig): Promise<RegisteredFunction> {
    const known = this.findByName(config.slug);
    if (known?.appName === appName) return known;

    const registration = this.#lastRegistration
      .catch(() => undefined)
      .then(() => {
        const siblings = this.list().filter((fn) => fn.appName === appName && fn.config.slug !== config.slug);
        const configs = [...siblings.map((fn) => fn.config), config];
        return this.#register(appName, { url: '', functions: [] }, configs);
      });
    this.#lastRegistration = registration;
    await registration;
    const fn = this.list().find((one) => one.appName === appName && one.config.slug === config.slug);
    if (fn === undefined) throw new Error(`Cannot register function "${config.slug}": it is not there`);
    return fn;
  }

  async #register(
    appName: string,
    request: RegistrationRequest,
    configs: readonly FunctionConfig[],
  ): Promise<Registration> {
    const { url, sdk = '', framework = '' } = request;
    const checksum = createHash('sha256')
      .update(canonicalJson([url, sdk, framework, configs]))
      .digest('hex');

    const { appId, isModified, records } = await this.#database.transaction(async (client) => {
      const known = await client.query<{ id: string; checksum: string }>(
        'select id, checksum from engine.apps where name = $1 for update',
        [appName],
      );
      const [app] = known.rows;
      const id = app?.id ?? randomUUID();
      if (app?.checksum === checksum) return { appId: id, isModified: false, records: [] };

      await client.query(
        `insert into engine.apps (id, name, url, sdk, framework, checksum, synced_at) values ($1, $2, $3, $4, $5, $6, now())
         on conflict (id) do update set url = excluded.url, sdk = excluded.sdk, framework = excluded.framework,
           checksum = excluded.checksum, synced_at = excluded.synced_at`,
        [id, appName, url, sdk, framework, checksum],
      );
      return {
        appId: id,
        isModified: true,
        records: await saveFunctions(client, { id, name: appName }, configs),
      };
    });

    for (const record of records) this.#put(toFunction(record));
    if (isModified) this.#changed();
    for (const listener of this.#registrationListeners) listener(appId);
    return { appId, isModified };
  }

  #put(fn: RegisteredFunction): void {
    this.#functions.set(fn.id, fn);
  }

  #changed(): void {
    const all = [...this.#functions.values()];
    const active = all.filter((fn) => !fn.isArchived);
    this.#bySlug = new Map(active.map((fn) => [fn.config.slug, fn]));
    this.#byTrigger = new EventIndex(active, (fn) => fn.eventTriggers);
    this.#byCancel = new EventIndex(all, (fn) => fn.cancels);
    for (const listener of this.#listeners) listener();
  }
}

/** Writes the functions of an app and returns all of the app's functions as they are now, archived ones too. */
async function saveFunctions(
  client: pg.ClientBase,
  app: { id: string; name: string },
  configs: readonly FunctionConfig[],
): Promise<readonly FunctionRecord[]> {
  for (const config of configs) {
    await client.query(
      `insert into engine.functions as f (id, app_id, slug, name, version, config) values ($1, $2, $3, $4, 1, $5)
       on conflict (app_id, slug) do update set name = excluded.name, config = excluded.config, archived_at = null,
         version = f.version + case when f.config::text = excluded.config::text and f.archived_at is null then 0 else 1 end`,
      [randomUUID(), app.id, config.slug, config.name, canonicalJson(config)],
    );
  }
  await client.query(
    `update engine.functions set archived_at = now() where app_id = $1 and archived_at is null and not slug = any($2)`,
    [app.id, configs.map((config) => config.slug)],
  );
  const saved = await client.query<FunctionRecord>(
    `select id, app_id, $2::text as app_name, version, archived_at is not null as is_archived, config
     from engine.functions where app_id = $1`,
    [app.id, app.name],
  );
  return saved.rows;
}

function toFunction(record: FunctionRecord): RegisteredFunction {
  return toRegisteredFunction(
    {
      id: record.id,
      appId: record.app_id,
      appName: record.app_name,
      version: record.version,
      isArchived: record.is_archived,
    },
    functionConfig.parse(JSON.parse(record.config)),
  );
}
