import { type Dispatcher, request } from 'undici';
import { isJsonObject } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import { header, type ServerKind } from '../protocol/names.ts';
import { isNobodyThere } from '../protocol/nobody-there.ts';
import { parseJson } from '../protocol/parse-json.ts';
import { isSignatureValid, signature } from '../protocol/signing.ts';

/** What came of asking an app to register. */
export type AskedApp =
  /** The app has called `/fn/register` meanwhile. */
  | { readonly kind: 'registered itself' }
  /** The app put its registration into the answer. */
  | { readonly kind: 'answered'; readonly registration: unknown }
  | Refusal;

/** Why an app has not registered. One that is away has not been reached. */
export interface Refusal {
  readonly kind: 'refused' | 'away';
  readonly problem: string;
}

export interface AskOptions {
  readonly serverKind: ServerKind;
  /** Null in dev mode. */
  readonly signingKey: string | null;
  readonly signal: AbortSignal;
}

/**
 * Asks an app to register (Inngest SDK spec 4.3.2): first for a registration within its answer, which needs no way from the app
 * to the engine. An app that does not do so is asked to register by a request of its own.
 */
export async function askApp(url: string, options: AskOptions): Promise<AskedApp> {
  const inBand = await put(url, 'in_band', options);
  if ('problem' in inBand) return inBand;
  if (inBand.isFromSdk && inBand.syncKind === 'out_of_band') return outcomeOf(inBand);
  const registration = inBand.status === 200 ? readRegistration(inBand, options.signingKey) : null;
  if (registration !== null) return { kind: 'answered', registration };

  const outOfBand = await put(url, 'out_of_band', options);
  return 'problem' in outOfBand ? outOfBand : outcomeOf(outOfBand);
}

/** What came of a registration by a request of the app's own. */
function outcomeOf({ status, isFromSdk, text }: PutAnswer): AskedApp {
  if (!isFromSdk && status === 401) {
    // An SDK refuses a wrong signature without saying that it is one.
    const problem = 'HTTP 401: check that the app and the engine have the same signing key';
    return { kind: 'refused', problem };
  }
  if (!isFromSdk) {
    const problem = `HTTP ${status} without the header ${header.sdk}: the URL does not lead to an Inngest SDK`;
    return { kind: 'refused', problem };
  }
  return status < 300
    ? { kind: 'registered itself' }
    : { kind: 'refused', problem: `HTTP ${status}: ${text.slice(0, 300)}` };
}

interface PutAnswer {
  readonly status: number;
  readonly isFromSdk: boolean;
  readonly syncKind: string;
  readonly signature: string;
  readonly text: string;
}

async function put(
  url: string,
  syncKind: 'in_band' | 'out_of_band',
  { serverKind, signingKey, signal }: AskOptions,
): Promise<PutAnswer | Refusal> {
  const body = JSON.stringify({ url });
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    [header.serverKind]: serverKind,
    [header.syncKind]: syncKind,
  };
  if (signingKey !== null)
    headers[header.signature] = signature(signingKey, body, Math.floor(Date.now() / 1_000));
  try {
    const response = await request(url, { method: 'PUT', body, headers, signal });
    return {
      status: response.statusCode,
      isFromSdk: response.headers[header.sdk] !== undefined,
      syncKind: textOf(response.headers[header.syncKind]),
      signature: textOf(response.headers[header.signature]),
      text: await readText(response),
    };
  } catch (error) {
    return { kind: isNobodyThere(error) ? 'away' : 'refused', problem: reasonOf(error) };
  }
}

/** A name of several addresses fails with an error that has a code and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

/** Null if the answer is none that can be trusted. */
function readRegistration(answer: PutAnswer, signingKey: string | null): unknown {
  if (!answer.isFromSdk || answer.syncKind !== 'in_band') return null;
  if (signingKey !== null) {
    const isSigned = isSignatureValid(
      signingKey,
      answer.text,
      answer.signature,
      Date.now(),
      limits.clockSkewMs,
    );
    if (!isSigned) return null;
  }
  try {
    const value = parseJson(answer.text);
    return isJsonObject(value) && Array.isArray(value.functions) ? { ...value, appName: value.app_id } : null;
  } catch {
    return null;
  }
}

async function readText(response: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > limits.responseBytes)
      throw new Error(`The answer is larger than ${limits.responseBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
