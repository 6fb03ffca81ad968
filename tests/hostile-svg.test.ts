import { Readable } from 'node:stream';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileResponse } from '../app/lib/file-response.ts';
import { isAppError } from '../src/errors/app-error.ts';
import { cleanSvg } from '../src/media/svg.ts';
import { openBrowser } from './support/browser.ts';
import { type Attack, hostileSvgs } from './support/hostile-svg.ts';
import { serveHttp } from './support/http-server.ts';
import { waitFor } from './support/wait.ts';

// Drawings that try everything, opened in a real browser: as they are handed out, without any policy, and as a part of a page.

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

const names = Object.keys(hostileSvgs);

/** Null for one that was refused, and so never reaches a browser. */
function clean(text: string): string | null {
  try {
    return cleanSvg(Buffer.from(text)).text;
  } catch (error) {
    if (isAppError(error, 'ASSET_TYPE_WRONG')) return null;
    throw error;
  }
}

/** Serves drawings and hears of every attack that reaches its goal. */
async function startTarget(form: (text: string) => string | null) {
  const reached = new Set<string>();
  const drawings = new Map<string, string>();
  const port = await serveHttp(async (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    const [, place = '', name = ''] = pathname.split('/').map(decodeURIComponent);
    if (place === 'reached') {
      reached.add(name);
      return void response.writeHead(404).end();
    }
    if (place === '') return void response.setHeader('content-type', 'text/html').end(page);
    const content = Buffer.from(drawings.get(name) ?? '');
    if (place === 'bare') return void response.setHeader('content-type', 'image/svg+xml').end(content);
    const answer = await fileResponse(new Request('http://x/files/fil_1?variant=1'), {
      name: 'drawing.svg',
      contentType: 'image/svg+xml',
      bytes: content.length,
      sha256: name,
      isVariant: true,
      read: async () => Readable.from([content]),
      presign: null,
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });

  const attackOf = (name: string): Attack => {
    const url = `http://127.0.0.1:${port}/reached/${encodeURIComponent(name)}`;
    return { url, run: `fetch('${url}')` };
  };
  for (const name of names) {
    const drawing = form(hostileSvgs[name]?.(attackOf(name)) ?? '');
    if (drawing !== null) drawings.set(name, drawing);
  }
  const framed = (place: string) =>
    [...drawings.keys()]
      .map((name) => `<iframe src="/${place}/${encodeURIComponent(name)}"></iframe>`)
      .join('');
  // Begins last and takes its time: once it is heard of, whatever else would run has run.
  const canary = `<svg><animate attributeName="x" dur="500ms" onend="fetch('/reached/canary')"/></svg>`;
  const page = `<!doctype html>${framed('bare')}${framed('served')}${[...drawings.values()].join('')}
    ${[...drawings.keys()].map((name) => `<img src="/served/${encodeURIComponent(name)}">`).join('')}<div id="last"></div>`;

  async function open(): Promise<string[]> {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'load' });
    for (const frame of tab.frames()) {
      await frame
        .evaluate(() => {
          for (const link of document.querySelectorAll('a'))
            link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
        })
        // A sandbox lets nobody in, and a frame may have gone elsewhere.
        .catch(() => {});
    }
    await tab.evaluate((last) => {
      document.body.insertAdjacentHTML('beforeend', last);
    }, canary);
    await waitFor(async () => reached.has('canary') || null, { what: 'the last animation to end' });
    await tab.close();
    return [...reached].filter((name) => name !== 'canary');
  }
  return { open, drawings };
}

describe('a hostile drawing', () => {
  it('reaches nothing once it is cleaned, however it is opened', { timeout: 60_000 }, async () => {
    const { open, drawings } = await startTarget(clean);

    expect(await open()).toEqual([]);
    expect(drawings.size).toBeGreaterThan(names.length / 2);
  });

  it('would reach its goal as it came, so that this test would tell', { timeout: 60_000 }, async () => {
    const { open } = await startTarget((text) => text);

    const reached = await open();

    expect(reached).toEqual(
      expect.arrayContaining(['a script', 'onload', 'a link', 'an imported style sheet']),
    );
    expect(reached.length).toBeGreaterThan(25);
  });

  it('is well-formed once it is cleaned', { timeout: 60_000 }, async () => {
    const { drawings } = await startTarget(clean);
    const tab = await browser.newPage();

    const malformed = await tab.evaluate(
      (texts) =>
        texts.filter((text) =>
          new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror'),
        ),
      [...drawings.values()],
    );

    expect(malformed).toEqual([]);
    await tab.close();
  });
});
