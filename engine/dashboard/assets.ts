import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Hono } from 'hono';

const sheets = [
  read(new URL('./assets/base.css', import.meta.url)),
  read(new URL('./assets/forms.css', import.meta.url)),
  read(new URL('./assets/frame.css', import.meta.url)),
  read(new URL('./assets/facts.css', import.meta.url)),
  read(new URL('./assets/tables.css', import.meta.url)),
  read(new URL('./assets/steps.css', import.meta.url)),
];

const files = {
  'style.css': { content: sheets.join('\n'), type: 'text/css; charset=utf-8' },
  'live.js': {
    content: read(new URL('./assets/live.js', import.meta.url)),
    type: 'text/javascript; charset=utf-8',
  },
  'keys.js': {
    content: read(new URL('./assets/keys.js', import.meta.url)),
    type: 'text/javascript; charset=utf-8',
  },
  'icon.svg': { content: read(new URL('./assets/icon.svg', import.meta.url)), type: 'image/svg+xml' },
} as const;
export type AssetName = keyof typeof files;

interface Asset {
  readonly type: string;
  readonly content: string;
  readonly path: string;
}

const assets = new Map<string, Asset>(
  Object.entries(files).map(([name, { content, type }]) => {
    const version = createHash('sha256').update(content).digest('hex').slice(0, 12);
    return [name, { type, content, path: `/assets/${version}/${name}` }];
  }),
);

/** Where a browser finds a file. A changed file has another address, so it may be kept for ever. */
export function assetPath(name: AssetName): string {
  return assets.get(name)?.path ?? '';
}

/** `GET /assets/…`: what pages are made with. There is nothing secret in it. */
export function addAssetRoutes(app: Hono): void {
  for (const { path, content, type } of assets.values()) {
    app.get(path, (context) =>
      context.body(content, 200, {
        'content-type': type,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      }),
    );
  }
}

function read(file: URL): string {
  return readFileSync(file, 'utf8');
}
