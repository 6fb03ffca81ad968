import type { Page } from 'playwright-core';
import { waitFor } from '../support/wait.ts';

export const schoolLabel = 'The studio by the lake';
export const sampleCourseId = '510001';
export const edgeCasesCourseId = '510002';

/** Adds the simulated school as an owner would, up to the choice of the course. Leaves it out when it is saved already. */
export async function chooseSchool(page: Page, options: { readonly apiKey: string }): Promise<void> {
  await page.goto('/imports');
  const another = page.getByLabel(/nother Teachable school|^A Teachable school/);
  await another.check();
  await page.getByLabel('Name', { exact: true }).fill(schoolLabel);
  await page.getByLabel('API key').fill(options.apiKey);
  await page.getByRole('button', { name: 'Continue to its courses' }).click();
}

/** Starts an import by the form and waits until its page is there. @returns its address */
export async function startImport(page: Page, courseId: string): Promise<string> {
  await chooseSchool(page, { apiKey: 'sim-key' });
  await page.locator(`input[name="course"][value="${courseId}"]`).check();
  await page.getByRole('button', { name: 'Start the import' }).click();
  await page.waitForURL(/\/imports\/imp_\w+$/);
  return page.url();
}

/** Waits on an import's page, without reloading it, until every lesson is there; files may still be on their way. */
export async function waitForLessons(page: Page): Promise<void> {
  const lessons = page.getByRole('progressbar', { name: 'Lessons' });
  await waitFor(
    async () => {
      const found = await lessons.getAttribute('aria-valuemax');
      return found !== '0' && found === (await lessons.getAttribute('aria-valuenow'));
    },
    { timeoutMs: 60_000, what: 'every lesson to be there' },
  );
}

/** Cancels the import whose page is open, and waits until it is. */
export async function cancelImport(page: Page): Promise<void> {
  await page.getByText('Cancel the import').click();
  await page.getByRole('button', { name: 'Yes, cancel it' }).click();
  await page.getByText('Cancelled', { exact: true }).waitFor();
}
