import { assetPath } from './assets.ts';
import { type Html, html } from './html.ts';
import { noticePlace } from './notice.ts';

const places = [
  { href: '/', name: 'Overview' },
  { href: '/functions', name: 'Functions' },
  { href: '/events', name: 'Events' },
  { href: '/runs', name: 'Runs' },
] as const;

export interface Page {
  readonly title: string;
  /** The entry of the navigation that the page belongs to. */
  readonly place?: (typeof places)[number]['href'];
  /** How often a page that is looked at asks for news, in ms; null for a page that nothing happens to. */
  readonly liveMs?: number | null;
  /** Whoever may see nothing is led nowhere. */
  readonly hasMenu?: boolean;
  readonly content: Html;
}

/** A whole page. */
export function renderPage({ title, place, liveMs = null, hasMenu = true, content }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Engine</title>
<link rel="icon" href="${assetPath('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${assetPath('style.css')}">
<script type="module" src="${assetPath('live.js')}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="home" href="/">Engine</a>
${hasMenu ? menu(place) : null}
</header>
<main id="main" tabindex="-1"${liveMs === null ? null : html` data-live-ms="${liveMs}"`}>
${noticePlace}${content}
</main>
<footer><p>Times are UTC.</p><p id="live" hidden></p>${liveMs === null ? null : html`<noscript><p><a href="">Refresh</a></p></noscript>`}</footer>
</body>
</html>
`.text;
}

function menu(place: Page['place']): Html {
  return html`<nav aria-label="Pages"><ul>${places.map(({ href, name }) => html`<li><a href="${href}"${href === place ? html` aria-current="page"` : null}>${name}</a></li>`)}</ul></nav>
<a class="button primary" href="/events/new">Send an event</a>`;
}
