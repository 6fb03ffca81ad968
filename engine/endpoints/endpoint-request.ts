import { z } from 'zod';
import { canonicalJson, type JsonText } from '../protocol/canonical-json.ts';

/** The event that an SDK makes of a request to a durable endpoint. */
export const endpointEvent = z.object({
  name: z.literal('inngest/http.request'),
  data: z.looseObject({
    /** Scheme and host. */
    domain: z.string(),
    path: z.string(),
    method: z.string().regex(/^[A-Z]{1,20}$/),
    query_params: z.string().default(''),
    content_type: z.string().default(''),
    body: z.string().default(''),
    /** The name that the app gave the endpoint, or nothing. */
    fn: z.string().max(200).default(''),
  }),
});
export type EndpointEvent = z.infer<typeof endpointEvent>;

/** The request that asks an endpoint to continue a run: the original one again. */
export interface EndpointRequest {
  readonly url: URL;
  readonly method: string;
  readonly contentType: string | null;
  /** Null for methods that carry none. */
  readonly body: string | null;
  /** The text that is signed, as SDKs check it: JSON in its canonical form. Nothing for methods whose body they do not read. */
  readonly signedText: string;
}

/** @param payload an event of `endpointEvent`, as it was stored */
export function endpointRequest(payload: JsonText): EndpointRequest {
  const { data } = endpointEvent.parse(JSON.parse(payload));
  const url = endpointUrl(data);
  if (url === null) throw new Error('Cannot continue a run of an endpoint: its event has no URL');
  const isBodyless = data.method === 'GET' || data.method === 'HEAD' || data.body === '';
  const isSigned = data.method === 'POST' || data.method === 'PUT';
  return {
    url,
    method: data.method,
    contentType: data.content_type || null,
    body: isBodyless ? null : data.body,
    signedText: isSigned ? canonicalText(data.body) : '',
  };
}

/** Null when the event names no address that can be called over HTTP. */
export function endpointUrl(data: EndpointEvent['data']): URL | null {
  if (!URL.canParse(data.path, data.domain)) return null;
  const url = new URL(data.path, data.domain);
  url.search = data.query_params;
  const isOfDomain = url.origin === new URL(data.domain).origin;
  return isOfDomain && ['http:', 'https:'].includes(url.protocol) ? url : null;
}

function canonicalText(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'string' ? value : canonicalJson(value);
  } catch {
    return body;
  }
}
