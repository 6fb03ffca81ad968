import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileHtml } from '../../src/content/hostile.fixture.ts';
import { prepareHtml } from '../../src/content/prepare.ts';
import { renderHtml } from '../../src/content/render.ts';
import { openBrowser } from '../support/browser.ts';

// What a page shows of hostile HTML, in a real browser and without a content security policy: cleaning alone protects.

const elements =
  'a abbr acronym address animate animateMotion animateTransform applet area article aside audio b base bdi bdo bgsound big blink blockquote body br button canvas caption center circle cite code col colgroup command content custom-element data datalist dd defs del desc details dfn dialog dir div dl dt element em embed feImage fieldset figcaption figure font footer foreignObject form frame frameset g h1 head header hgroup hr html i iframe image img input ins isindex kbd keygen label legend li line link listing main map mark marquee math menu menuitem meta meter mglyph mi mo ms mtext multicol nav nextid nobr noembed noframes noscript object ol optgroup option output p param path pattern picture plaintext polygon portal pre progress q rb rect rp rt ruby s samp script search section select set shadow slot small source spacer span strike strong style sub summary sup svg table tbody td template text textPath textarea tfoot th thead time title tr track tspan tt u ul use var video view wbr xmp xss'.split(
    ' ',
  );

const schemes = [
  'javascript:ran(1)',
  'JaVaScRiPt:ran(1)',
  ' \u0001javascript:ran(1)',
  'java\tscript:ran(1)',
  'java&NewLine;script&colon;ran(1)',
  'javascript://%0aran(1)',
  'vbscript:ran(1)',
  'data:text/html,<script>parent.ran(1)</script>',
  'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="ran(1)"/>',
  '//elsewhere.example/x',
];

const addresses =
  'action archive background cite classid code codebase data dynsrc folder formaction from href icon longdesc lowsrc manifest ping poster profile src srcdoc srcset style to usemap values xlink:href'.split(
    ' ',
  );

interface Outcome {
  /** What the HTML ran. */
  readonly ran: number;
  /** Addresses apart from the page's own that were asked for. */
  readonly asked: readonly string[];
}

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

/** Every handler that the browser knows of any object. */
async function handlerNames(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const owners = Object.getOwnPropertyNames(window).filter((name) =>
      /(Element|Document|Window)$/.test(name),
    );
    const names = owners.flatMap((owner) =>
      Object.getOwnPropertyNames(Reflect.get(window, owner)?.prototype ?? {}),
    );
    return [
      ...new Set([...names, ...Object.getOwnPropertyNames(window)].filter((name) => /^on[a-z]+$/.test(name))),
    ];
  });
}

/** Shows pieces of HTML, one page each, as the browser's parser reads a document and as a script sets it, and uses all of it. */
async function show(pieces: readonly string[]): Promise<Outcome> {
  const context = await browser.newContext({ baseURL: 'https://school.example' });
  const asked: string[] = [];
  await context.route('**/*', (route) => {
    const { origin } = new URL(route.request().url());
    if (origin !== 'https://school.example') asked.push(route.request().url());
    const body = route.request().url() === 'https://school.example/page' ? pageOf(pieces) : '';
    return route.fulfill({ contentType: 'text/html', body });
  });
  const page = await context.newPage();
  await page.goto('https://school.example/page');
  await page.evaluate(() => {
    const host = document.createElement('div');
    host.innerHTML = document.body.innerHTML;
    document.body.append(host);
    for (const element of document.querySelectorAll<HTMLElement>('body *')) {
      for (const { name } of element.attributes) {
        if (/^on/i.test(name))
          element.dispatchEvent(new Event(name.slice(2).toLowerCase(), { bubbles: true }));
      }
      if (/^(javascript|vbscript|data):/i.test(String((element as HTMLAnchorElement).href ?? '')))
        element.click();
    }
  });
  await page.waitForLoadState('networkidle');
  const ran = await page.evaluate<number>('count');
  await context.close();
  return { ran, asked };
}

function pageOf(pieces: readonly string[]): string {
  const script = '<script>count = 0; ran = alert = () => { count += 1; }</script>';
  return `<!doctype html><title>Lesson</title>${script}<body>${pieces.map((piece) => `<article>${piece}</article>`).join('\n')}`;
}

const file = { url: '/files/fil_1', picture: { url: '/files/fil_1', sources: [], sizes: '' } };
const cleaned = (html: string): string =>
  renderHtml(
    prepareHtml(html)
      .parts.map((part) => (part.kind === 'text' ? part.render(() => 'fil_1') : ''))
      .join(''),
    { file: () => file, link: () => null },
  );

describe('hostile HTML in a browser', () => {
  it('runs before it is cleaned, or this test would show nothing', async () => {
    const { ran, asked } = await show([
      '<img src="//elsewhere.example/x" onerror="ran(1)">',
      '<svg onload="ran(1)"></svg>',
      '<p onclick="ran(1)">a</p>',
    ]);

    expect(ran).toBeGreaterThanOrEqual(3);
    expect(asked).toContain('https://elsewhere.example/x');
  });

  it('runs nothing and asks nobody for anything, whatever is tried', async () => {
    expect(await show(hostileHtml.map(cleaned))).toEqual({ ran: 0, asked: [] });
  });

  it('keeps no handler of any element', async () => {
    const page = await browser.newPage();
    const handlers = (await handlerNames(page)).map((name) => `${name}="ran(1)"`).join(' ');
    await page.close();

    expect(handlers).toContain('onscrollsnapchanging=');
    expect(
      await show(elements.map((name) => cleaned(`<${name} ${handlers} autofocus tabindex=1>a</${name}>`))),
    ).toEqual({
      ran: 0,
      asked: [],
    });
  });

  it('keeps no address that runs or loads', async () => {
    const pieces = elements.flatMap((name) =>
      schemes.map((scheme) => {
        const value = scheme.replaceAll('"', '&quot;');
        return cleaned(
          `<${name} ${addresses.map((attribute) => `${attribute}="${value}"`).join(' ')}>a</${name}>`,
        );
      }),
    );

    expect(await show(pieces)).toEqual({ ran: 0, asked: [] });
  });
});
