import type { Page } from 'playwright-core';

/** The addresses of a course's lessons, in its order; the page is then that of the course. */
export async function lessonsOf(page: Page, courseTitle: string): Promise<string[]> {
  await page.goto('/courses');
  await page.getByRole('link', { name: courseTitle }).first().click();
  await page.waitForURL(/\/courses\/crs_\w+$/);
  return linksOf(page, /\/lessons\//);
}

/** One page of each kind, with the sample course on it. */
export async function everyPage(page: Page): Promise<string[]> {
  const lessons = await lessonsOf(page, 'Watercolour');
  const course = new URL(page.url()).pathname;
  await page.goto('/imports');
  const [newestImport = ''] = await linksOf(page, /\/imports\/imp_/);
  return ['/imports', newestImport, '/courses', course, ...lessons];
}

/** The addresses of all links of the page's content that match. */
async function linksOf(page: Page, pattern: RegExp): Promise<string[]> {
  const links = await page
    .locator('main a')
    .evaluateAll((anchors) => anchors.map((anchor) => anchor.getAttribute('href') ?? ''));
  return [...new Set(links)].filter((href) => pattern.test(href));
}
