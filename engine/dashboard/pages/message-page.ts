import { html, type Part } from '../html.ts';
import { renderPage } from '../layout.ts';
import { pageHead } from '../parts.ts';

/** A page that only says something: nothing is there, or something is in the way. */
export function messagePage(options: {
  readonly title: string;
  readonly text: Part;
  /** Asks again by itself when what is in the way may go away. */
  readonly liveMs?: number;
  readonly hasMenu?: boolean;
}): string {
  const { title, text, liveMs = null, hasMenu = true } = options;
  return renderPage({ title, liveMs, hasMenu, content: html`${pageHead(title)}<p>${text}</p>` });
}
