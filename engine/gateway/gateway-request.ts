import { isJsonObject, type JsonObject, type JsonText } from '../protocol/canonical-json.ts';
import { type Op, textOption } from '../runs/ops.ts';

/** A request that the engine makes for a step: `step.fetch` or `step.ai.infer`. */
export interface GatewayRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The result is the JSON in the answer's body, and a status above 299 is a failed attempt. */
  readonly isModelCall: boolean;
}

/** Reads the options of a `Gateway` or `AIGateway` operation. */
export function readGatewayRequest(op: Op): GatewayRequest {
  const { opts } = op;
  const headers = textHeaders(opts.headers);
  const body = bodyText(opts.body);
  const url = textOption(opts.url);
  if (op.op === 'Gateway')
    return { url, method: textOption(opts.method) || 'GET', headers, body, isModelCall: false };
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyHeaders(opts), ...headers },
    body,
    isModelCall: true,
  };
}

/** Reads a request as it was stored. Only the engine writes it. */
export function readRequest(text: JsonText): GatewayRequest {
  return JSON.parse(text) as GatewayRequest;
}

/** The header in which a provider of models wants the key. A URL or headers that have it already are left alone. */
function keyHeaders(opts: JsonObject): Record<string, string> {
  const key = textOption(opts.auth_key);
  if (key === '') return {};
  switch (opts.format) {
    case 'anthropic':
      return { 'x-api-key': key, 'anthropic-version': '2023-06-01' };
    case 'gemini':
      return { 'x-goog-api-key': key };
    case 'azure-openai':
      return { 'api-key': key };
    default:
      return { authorization: `Bearer ${key}` };
  }
}

function textHeaders(value: unknown): Record<string, string> {
  if (!isJsonObject(value)) return {};
  const entries = Object.entries(value).filter(([, text]) => typeof text === 'string');
  return Object.fromEntries(entries.map(([name, text]) => [name.toLowerCase(), String(text)]));
}

function bodyText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
