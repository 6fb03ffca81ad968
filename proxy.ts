import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';
import { pagePolicy } from './app/lib/content-policy.ts';
import { isLoopbackHost } from './app/lib/loopback-host.ts';
import { frameSources } from './src/content/providers.ts';
import { getEnv } from './src/env.ts';
import { deliveryOrigin } from './src/storage/open-storage.ts';

const policyHeader = 'Content-Security-Policy';
const development = process.env.NODE_ENV === 'development';

let fileSources: Promise<readonly string[]> | undefined;

async function findFileSources(): Promise<readonly string[]> {
  const origin = await deliveryOrigin(getEnv());
  return origin === null ? [] : [origin];
}

/** Before every page: keeps foreign host names out and gives the answer its content security policy. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  if (!isLoopbackHost(request.headers.get('host'))) {
    return new NextResponse('This platform answers on this machine only: open it as http://localhost.\n', {
      status: 421,
    });
  }
  // The policy of the first page holds for all that are reached from it without a reload, so each allows what any page needs.
  fileSources ??= findFileSources();
  const policy = pagePolicy({
    nonce: randomBytes(16).toString('base64'),
    frameSources,
    fileSources: await fileSources,
    development,
  });
  // Next.js takes the nonce for its own scripts from the request's header.
  const headers = new Headers(request.headers);
  headers.set(policyHeader, policy);
  const response = NextResponse.next({ request: { headers } });
  // Files bring a policy of their own.
  if (!request.nextUrl.pathname.startsWith('/files/')) response.headers.set(policyHeader, policy);
  return response;
}

/** Not the jobs' endpoint, whose calls are signed and may come from elsewhere, and not the build's static files. */
export const config = { matcher: ['/((?!api/|_next/static/|icon.svg).*)'] };
