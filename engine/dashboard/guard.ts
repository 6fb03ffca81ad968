import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Access } from '../server/auth.ts';
import { readForm } from './form-body.ts';
import { messagePage } from './pages/message-page.ts';
import { tokenPage } from './pages/token-page.ts';
import { redirect, respond } from './respond.ts';

/** The answer to somebody who may not see pages, or null. A link with `?token=` opens them; the token moves into a cookie. */
export function refuseStranger(context: Context, access: Access): Response | null {
  if (!access.hasPages) return respond(context, closedPage, 401);

  const token = context.req.query('token');
  const kept = getCookie(context, cookieName(context));
  const address = addressWithoutToken(context.req.url);
  if (token !== undefined && access.maySeePages(token)) {
    keepToken(context, token);
    return redirect(context, address);
  }
  if (access.maySeePages(kept)) return token === undefined ? null : redirect(context, address);
  const state = token !== undefined ? 'wrong' : kept !== undefined ? 'outdated' : 'missing';
  return respond(context, tokenPage({ state, to: address }), 401);
}

/** `POST /token`: somebody has typed the token. */
export async function takeToken(context: Context, access: Access): Promise<Response> {
  if (!access.hasPages) return respond(context, closedPage, 401);
  const refusal = refuseOtherSite(context);
  if (refusal !== null) return refusal;

  const form = await readForm(context);
  const token = (form.get('token') ?? '').trim();
  const wanted = form.get('to') || '/';
  const isAddress = URL.canParse(wanted, context.req.url);
  const to = isAddress ? addressWithoutToken(new URL(wanted, context.req.url).href) : '/';
  if (!access.maySeePages(token)) return respond(context, tokenPage({ state: 'wrong', to }), 401);
  keepToken(context, token);
  return redirect(context, to);
}

const closedPage = messagePage({
  title: 'These pages are closed',
  text: 'The engine was started without a dashboard token.',
  hasMenu: false,
});

function keepToken(context: Context, token: string): void {
  setCookie(context, cookieName(context), token, { httpOnly: true, sameSite: 'Strict', path: '/' });
}

/** Cookies of a host are shared by all of its ports, so engines on it need cookies of their own. */
function cookieName(context: Context): string {
  const { port } = new URL(context.req.url);
  return port === '' ? 'engine_token' : `engine_token_${port}`;
}

function addressWithoutToken(address: string): string {
  const url = new URL(address);
  url.searchParams.delete('token');
  // A path that begins with two slashes would lead to another host.
  return url.pathname.replace(/^\/+/, '/') + url.search;
}

/**
 * The answer to an action that another site's page asks for in the name of whoever sits before the browser, or null.
 * Browsers say where a form comes from, and pages cannot change that; whoever does not say is refused.
 */
export function refuseOtherSite(context: Context): Response | null {
  const fetchSite = context.req.header('sec-fetch-site');
  const isOurs = fetchSite === undefined ? hasOwnOrigin(context) : fetchSite === 'same-origin';
  if (isOurs) return null;
  return respond(
    context,
    messagePage({
      title: 'This did not come from here',
      text: 'Actions are taken from these pages only. Open them and try again.',
    }),
    403,
  );
}

/** For browsers that do not send `Sec-Fetch-Site`. */
function hasOwnOrigin(context: Context): boolean {
  const origin = context.req.header('origin');
  if (origin === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === context.req.header('host');
}
