import { apiToken, isSameSecret } from '../protocol/signing.ts';

/** Who may do what. In dev mode everybody may do everything. */
export class Access {
  readonly #isDev: boolean;
  readonly #apiToken: string | null;
  readonly #eventKeys: readonly string[];
  readonly #dashboardToken: string | null;

  constructor(options: {
    dev: boolean;
    signingKey: string | undefined;
    eventKeys: readonly string[];
    dashboardToken: string | undefined;
  }) {
    this.#isDev = options.dev;
    this.#apiToken = options.signingKey === undefined ? null : apiToken(options.signingKey);
    this.#eventKeys = options.eventKeys;
    this.#dashboardToken = options.dashboardToken ?? null;
  }

  /** @param authorization the header as it came */
  mayUseApi(authorization: string | undefined): boolean {
    if (this.#isDev) return true;
    const token = authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : '';
    return this.#apiToken !== null && isSameSecret(token, this.#apiToken);
  }

  /** The metrics are read with the token of the API or of the dashboard. */
  mayReadMetrics(authorization: string | undefined): boolean {
    const token = authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : undefined;
    return this.mayUseApi(authorization) || this.maySeePages(token);
  }

  maySendEvents(eventKey: string): boolean {
    return this.#isDev || this.#eventKeys.some((known) => isSameSecret(eventKey, known));
  }

  get hasPages(): boolean {
    return this.#isDev || this.#dashboardToken !== null;
  }

  maySeePages(token: string | undefined): boolean {
    if (this.#isDev) return true;
    return this.#dashboardToken !== null && token !== undefined && isSameSecret(token, this.#dashboardToken);
  }
}
