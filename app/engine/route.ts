import { getEnv } from '../../src/env.ts';
import { engineUrl } from '../lib/engine-url.ts';

/** The cookie by which the embedded engine lets readers in; see its pages. Each engine of a host has its own. */
function tokenCookie(engineAddress: string): string {
  return `engine_token_${new URL(engineAddress).port}`;
}

/**
 * Leads to the engine's runs. The embedded engine's pages ask for a token: it goes along as a cookie, which browsers share
 * between the ports of a host, and so stands in no address and no history.
 */
export function GET(request: Request): Response {
  const env = getEnv();
  const url = engineUrl(env);
  if (url === null) return new Response('The engine of this platform has no pages here.\n', { status: 404 });

  const headers = new Headers({ 'Cache-Control': 'no-store', Location: url });
  if (env.ENGINE_PAGES_URL !== undefined && env.ENGINE_DASHBOARD_TOKEN !== undefined) {
    headers.set('Location', onHostOf(request, url));
    headers.set(
      'Set-Cookie',
      `${tokenCookie(url)}=${env.ENGINE_DASHBOARD_TOKEN}; Path=/; HttpOnly; SameSite=Strict`,
    );
  }
  return new Response(null, { status: 303, headers });
}

/** The engine under the name by which the reader reached us, `localhost` or `127.0.0.1`: a cookie of one is not sent to the other. */
function onHostOf(request: Request, url: string): string {
  const address = new URL(url);
  address.hostname = new URL(`http://${request.headers.get('host') ?? address.host}`).hostname;
  return address.href;
}
