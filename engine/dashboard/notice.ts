import type { Context } from 'hono';
import { type Html, html } from './html.ts';
import { warning } from './warning.ts';

/** What concerns every page: it is kept with the request while the page is made, and put above what the page says. */

const key = 'notice';

/** Where it goes. No page has this by what it shows: all of that is escaped. */
export const noticePlace = html`<!--notice-->`;

export function setNotice(context: Context, notice: Html | null): void {
  context.set(key, notice);
}

export function withNotice(context: Context, page: string): string {
  const notice: Html | null = context.get(key) ?? null;
  return page.replace(noticePlace.text, () => notice?.text ?? '');
}

export function notReadyNotice(reason: string): Html {
  return warning('The engine takes no work now.', `${reason}. Nothing that was acknowledged is lost.`);
}
