import { type Html, html } from './html.ts';

const style = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; padding: 1rem; }
  h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
  table { width: 100%; border-collapse: collapse; } td, th { text-align: left; padding: .35rem .6rem .35rem 0; vertical-align: top;
    border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 6px; padding: .6rem;
    max-height: 24rem; overflow: auto; }
  .scroll { overflow-x: auto; } .quiet { opacity: .7; }
  .status { display: inline-block; padding: 0 .5rem; border-radius: 1rem; border: 1px solid; font-size: .85em; white-space: nowrap; }
  .completed { color: light-dark(#17692f, #6fcf8b); } .failed { color: light-dark(#a3201d, #ff8f8a); }
  .running, .planned, .sleeping, .retrying { color: light-dark(#1d4fa3, #8ab8ff); }
  .cancelled, .dropped { color: light-dark(#6b5a1a, #d9c46b); }
`;

/** A whole page. */
export function page(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style.replaceAll('</', '')}</style>
</head>
<body>
<nav><a href="/">Engine</a></nav>
<h1>${title}</h1>
${content}
</body>
</html>
`.text;
}

export function statusMark(status: string): Html {
  return html`<span class="status ${status}">${status}</span>`;
}

export function time(timeMs: number | null): Html {
  if (timeMs === null) return html`<span class="quiet">–</span>`;
  const iso = new Date(timeMs).toISOString();
  return html`<time datetime="${iso}">${iso.replace('T', ' ')}</time>`;
}

const longestJson = 20_000;

/** JSON for people: indented, and cut when it is very long. */
export function jsonBlock(json: string | null): Html {
  if (json === null) return html``;
  const text = JSON.stringify(JSON.parse(json), null, 2);
  const shown =
    text.length > longestJson ? `${text.slice(0, longestJson)}\n… (${text.length} characters)` : text;
  return html`<pre>${shown}</pre>`;
}
