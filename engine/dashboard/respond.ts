import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { withNotice } from './notice.ts';

/** Pages take everything from the engine itself, are shown in no frame, and are kept nowhere. */
const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Forms have to say where they come from, and only to ourselves.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Answers with a page, or with nothing if the browser's script says that it shows the very same one. */
export function respond(context: Context, bare: string, status: ContentfulStatusCode = 200): Response {
  const page = withNotice(context, bare);
  setSecurityHeaders(context);
  const tag = `"${createHash('sha256').update(page).digest('base64url').slice(0, 24)}"`;
  if (context.req.header('if-none-match') === tag) return context.body(null, 304);
  context.header('etag', tag);
  return context.html(page, status);
}

/** Answers with stored JSON as it is. It is somebody else's text, so it is never taken for anything but text. */
export function respondRaw(context: Context, json: string): Response {
  setSecurityHeaders(context);
  return context.body(json, 200, { 'content-type': 'text/plain; charset=utf-8' });
}

/** Leads to another page of ours, after an action. */
export function redirect(context: Context, path: string): Response {
  setSecurityHeaders(context);
  return context.redirect(path, 303);
}

function setSecurityHeaders(context: Context): void {
  for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
}
