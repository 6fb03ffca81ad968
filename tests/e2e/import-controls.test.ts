import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSchool } from '../../simulator/main.ts';
import { openBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait.ts';
import { type RunningPlatform, startPlatformForPages } from './platform.ts';
import { chooseSchool, startImport } from './start-import.ts';
import { visit } from './visitor.ts';

const timeoutMs = 120_000;
let platform: RunningPlatform;
let browser: Browser;

beforeAll(async () => {
  [platform, browser] = await Promise.all([
    startPlatformForPages({
      school: generateSchool({ courses: 3, lessons: 4, images: 1, videos: 0, files: 0 }),
      apiKeys: ['sim-key', 'key-of-a-small-plan', 'key-of-another'],
      // Imports go as fast as the school says that it answers.
      faults: { rateLimit: 6_000, rateLimitHeaders: 'always' },
    }),
    openBrowser(),
  ]);
}, 240_000);

afterAll(() => browser?.close());

describe('what an owner does about an import', () => {
  it(
    'pauses it, lets it go on, has its failed item tried again, and removes what it made',
    async () => {
      platform.school.faults.set({ delay: 'always', assetForbidden: 'path:image2' });
      const { page, complaints, leave } = await visit(browser, platform.url);
      await startImport(page, '600001');

      await page.getByRole('button', { name: 'Pause' }).click();
      await statusOf(page, 'Paused').waitFor();
      const callsWhenPaused = platform.school.countCalls().total;
      platform.school.faults.set({ delay: 'never' });
      await page.getByRole('button', { name: 'Resume' }).click();
      await statusOf(page, 'Finished with failures').waitFor();
      expect(platform.school.countCalls().total).toBeGreaterThan(callsWhenPaused);

      platform.school.faults.set({ assetForbidden: 'never' });
      await page.getByRole('button', { name: 'Fixed: try 1 failed item again' }).click();
      await statusOf(page, 'Completed').waitFor();

      await page.getByText('Remove what it made').click();
      await page.getByRole('button', { name: 'Yes, remove it' }).click();
      await page.getByText('What this import made has been removed.').waitFor();
      expect(await page.getByRole('link', { name: 'See the course' }).count()).toBe(0);
      expect(await page.getByRole('button', { name: /Resume|again|remove/ }).count()).toBe(0);
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );

  it.each([
    { scripts: true, apiKey: 'key-of-a-small-plan', courseId: '600002' },
    { scripts: false, apiKey: 'key-of-another', courseId: '600003' },
  ])(
    'says how many calls a month the plan includes, and raises it when they are used up (scripts: $scripts)',
    async ({ scripts, apiKey, courseId }) => {
      const { page, complaints, leave } = await visit(browser, platform.url, { javaScriptEnabled: scripts });
      const calls = page.getByLabel('API calls a month');
      await chooseSchool(page, { apiKey });
      await page.locator(`input[name="course"][value="${courseId}"]`).check();
      await calls.fill('many');
      await page.getByRole('button', { name: 'Start the import' }).click();
      await page.getByRole('alert').getByText('Enter a whole number').waitFor();
      expect(await calls.getAttribute('aria-invalid')).toBe('true');
      expect(await calls.inputValue()).toBe('many');

      // The start itself makes the one call.
      await calls.fill('1');
      await page.getByRole('button', { name: 'Start the import' }).click();
      await page.waitForURL(/\/imports\/imp_\w+$/);
      const address = page.url();
      const see = async (status: string) => {
        await waitFor(
          async () => {
            if (!scripts) await page.goto(address);
            return statusOf(page, status).isVisible();
          },
          { timeoutMs: 60_000, what: `the import to be shown as "${status}"` },
        );
      };
      await see('Paused');
      await page.getByText(/can go on when the next month begins, \d{4}-\d\d-01 00:00:00 UTC/).waitFor();

      await page.goto('/imports');
      const schools = page.locator('input[name="connectionId"]');
      await schools.nth((await schools.count()) - 2).check();
      await page.getByRole('button', { name: 'Continue to its courses' }).click();
      await page.getByRole('alert').getByText('monthly allowance').waitFor();
      expect(await calls.inputValue()).toBe('1');
      await calls.fill('2');
      await page.getByRole('button', { name: 'Continue to its courses' }).click();
      await page.getByText('Which course?').waitFor();
      expect(await calls.inputValue()).toBe('2');

      await page.goto(address);
      expect(await calls.inputValue()).toBe('2');
      await calls.fill('3');
      await page.getByRole('button', { name: 'Use this number and resume' }).click();
      await page.getByRole('alert').getByText('That leaves no calls: 2 made').waitFor();
      expect(await calls.inputValue()).toBe('3');
      await calls.fill('10,000');
      await page.getByRole('button', { name: 'Use this number and resume' }).click();
      await see('Completed');
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );
});

function statusOf(page: Page, label: string) {
  return page.getByRole('region', { name: 'Progress' }).getByText(label, { exact: true });
}
