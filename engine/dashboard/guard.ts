import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Access } from '../server/auth.ts';
import { messagePage } from './pages/message-page.ts';
import { redirect, respond } from './respond.ts';

const cookieName = 'engine_token';

/** The answer to somebody who may not see pages, or null. A link with `?token=` opens them; the token moves into a cookie. */
export function refuseStranger(context: Context, access: Access): Response | null {
  if (!access.hasPages) {
    return respond(
      context,
      messagePage({
        title: 'These pages are closed',
        text: 'The engine was started without a dashboard token.',
      }),
      401,
    );
  }
  const token = context.req.query('token');
  if (token !== undefined && access.maySeePages(token)) {
    setCookie(context, cookieName, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
    return redirect(context, addressWithoutToken(context.req.url));
  }
  if (access.maySeePages(getCookie(context, cookieName))) return null;
  return respond(
    context,
    messagePage({
      title: 'These pages need a token',
      text: 'Open them once with ?token= and the dashboard token of the engine.',
    }),
    401,
  );
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
