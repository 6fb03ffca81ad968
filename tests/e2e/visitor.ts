import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export interface Visitor {
  readonly page: Page;
  /** What went wrong in the browser so far: errors and warnings of its console, and what a page threw. */
  readonly complaints: readonly string[];
  leave(): Promise<void>;
}

/**
 * Somebody with a browser of their own. Nothing outside of this machine is reached: frames of foreign hosts get an empty page.
 */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: url, ...options });
  await context.route(
    (address) => address.origin !== url,
    (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Elsewhere</title>' }),
  );
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  return { page, complaints, leave: () => context.close() };
}
