import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait.ts';
import { type RunningPlatform, startPlatformForPages } from './platform.ts';
import { chooseSchool, edgeCasesCourseId, sampleCourseId, startImport, waitForEnd } from './start-import.ts';
import { linksOf, visit } from './visitor.ts';

const timeoutMs = 120_000;
let platform: RunningPlatform;
let browser: Browser;

beforeAll(async () => {
  [platform, browser] = await Promise.all([startPlatformForPages(), openBrowser()]);
}, 240_000);

afterAll(() => browser?.close());

describe('an import in the browser', () => {
  it(
    'runs while its owner watches, and ends with a lesson whose video plays',
    async () => {
      const { page, complaints, leave } = await visit(browser, platform.url);

      await startImport(page, sampleCourseId);
      const seen = await watchProgress(page);

      expect(seen.length, `states seen: ${seen.join(', ')}`).toBeGreaterThan(2);
      expect(await page.getByText('Completed', { exact: true }).count()).toBe(1);
      expect(await page.getByRole('progressbar', { name: 'Lessons' }).getAttribute('aria-valuenow')).toBe(
        await page.getByRole('progressbar', { name: 'Lessons' }).getAttribute('aria-valuemax'),
      );
      await page.getByRole('link', { name: 'See the course' }).click();
      await page.getByRole('link', { name: /Welcome to the lake/ }).click();
      await page.waitForURL(/\/lessons\/les_/);
      await expectToPlay(page);
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );

  it(
    'plays every video of the course, also from the middle',
    async () => {
      const { page, complaints, leave } = await visit(browser, platform.url);
      const videos = [];

      for (const lesson of await lessonsOf(page, 'Watercolour')) {
        await page.goto(lesson);
        for (const video of await page.locator('video').all()) {
          videos.push(lesson);
          await video.evaluate(async (element: HTMLVideoElement) => {
            element.muted = true;
            if (element.readyState < 1)
              await new Promise((resolve) => element.addEventListener('loadedmetadata', resolve));
            element.currentTime = element.duration / 2;
            await element.play();
          });
          await waitFor(
            () =>
              video.evaluate((element: HTMLVideoElement) => element.currentTime > element.duration / 2 + 0.2),
            { what: `the video of ${lesson} to play on from its middle` },
          );
        }
      }

      expect(videos.length).toBeGreaterThanOrEqual(3);
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );

  it(
    'tells about a wrong key beside its field, keeps it secret, and saves nothing',
    async () => {
      const { page, complaints, leave } = await visit(browser, platform.url);
      await page.goto('/imports');
      const schoolsBefore = await page.locator('input[name="connectionId"]').count();

      await chooseSchool(page, { apiKey: 'not-the-key' });

      const field = page.getByLabel('API key');
      await page.getByText('Teachable did not accept the API key').waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      expect(await field.inputValue()).toBe('');
      expect(await page.content()).not.toContain('not-the-key');
      await page.reload();
      expect(await page.locator('input[name="connectionId"]').count()).toBe(schoolsBefore);
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );

  it(
    'starts, shows its state and ends without any script',
    async () => {
      const { page, leave } = await visit(browser, platform.url, { javaScriptEnabled: false });

      const address = await startImport(page, '510003');
      await waitFor(
        async () => {
          await page.goto(address);
          return page.getByRole('link', { name: 'See the course' }).isVisible();
        },
        { timeoutMs: 60_000, what: 'the import to have ended' },
      );

      await page.getByRole('link', { name: 'See the course' }).click();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Course without lessons');
      await leave();
    },
    timeoutMs,
  );

  it(
    'stops when its owner cancels it, and a second start meanwhile leads to the one that runs',
    async () => {
      platform.school.faults.set({ delay: 'always', delayMs: 1_500 });
      const { page, complaints, leave } = await visit(browser, platform.url);
      const address = await startImport(page, sampleCourseId);

      const other = await visit(browser, platform.url);
      await chooseSchool(other.page, { apiKey: 'sim-key' });
      await other.page.locator(`input[name="course"][value="${sampleCourseId}"]`).check();
      await other.page.getByRole('button', { name: 'Start the import' }).click();
      await other.page.getByRole('link', { name: 'Watch the import that is running' }).click();
      await other.page.waitForURL(address);

      await page.getByText('Cancel the import').click();
      await page.getByRole('button', { name: 'Yes, cancel it' }).click();
      await page.getByText('Cancelled', { exact: true }).waitFor();
      await other.page.getByText('Cancelled', { exact: true }).waitFor();

      platform.school.reset();
      expect([...complaints, ...other.complaints]).toEqual([]);
      await leave();
      await other.leave();
    },
    timeoutMs,
  );

  it(
    'shows a hostile course without running anything of it',
    async () => {
      const { page, complaints, leave } = await visit(browser, platform.url);
      const attacks: string[] = [];
      await page.exposeFunction('reportAttack', (what: string) => attacks.push(what));
      await page.addInitScript(() => {
        const report = (what: string) => () =>
          (window as unknown as { reportAttack(what: string): void }).reportAttack(what);
        window.alert = report('alert');
        window.prompt = () => String(report('prompt')());
        window.confirm = () => Boolean(report('confirm')());
      });

      await startImport(page, edgeCasesCourseId);
      await waitForEnd(page);
      const lessons = await lessonsOf(page, 'Edge cases');
      for (const lesson of lessons) {
        await page.goto(lesson);
        await page.locator('main article').evaluate((article) => article.scrollIntoView(false));
        expect(await executableParts(page), lesson).toEqual([]);
      }

      expect(lessons.length).toBeGreaterThan(0);
      expect(attacks).toEqual([]);
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );
});

/** Collects what the page shows of the progress until the import has ended. It is never reloaded. */
async function watchProgress(page: Page): Promise<string[]> {
  const ended = page.getByRole('link', { name: 'See the course' });
  const headline = page.getByText(/items done/);
  const seen = new Set<string>();
  await waitFor(
    async () => {
      seen.add((await headline.textContent()) ?? '');
      return ended.isVisible();
    },
    { timeoutMs: 90_000, what: 'the import to have ended' },
  );
  return [...seen];
}

async function lessonsOf(page: Page, courseTitle: string): Promise<string[]> {
  await page.goto('/courses');
  await page.getByRole('link', { name: courseTitle }).first().click();
  await page.waitForURL(/\/courses\/crs_\w+$/);
  return linksOf(page, /\/lessons\//);
}

async function expectToPlay(page: Page): Promise<void> {
  const video = page.locator('video').first();
  await video.evaluate((element: HTMLVideoElement) => {
    element.muted = true;
    return element.play();
  });
  const positions = new Set<number>();
  await waitFor(
    async () => {
      positions.add(await video.evaluate((element: HTMLVideoElement) => element.currentTime));
      return positions.size > 3;
    },
    { what: 'the video to advance' },
  );
  expect(await video.evaluate((element: HTMLVideoElement) => element.videoWidth)).toBeGreaterThan(0);
}

/** What in a lesson's content could run something or reach past our own frames. */
async function executableParts(page: Page): Promise<string[]> {
  return page.locator('main article').evaluate((article) =>
    [...article.querySelectorAll('*')].flatMap((element) => {
      const attributes = [...element.attributes].filter(
        ({ name, value }) =>
          /^(on|style$|srcdoc$)/i.test(name) || /^\s*(javascript|vbscript|data):/i.test(value),
      );
      const bad = ['SCRIPT', 'STYLE', 'OBJECT', 'EMBED', 'BASE', 'META', 'LINK'].includes(element.tagName);
      const openFrame =
        element.tagName === 'IFRAME' &&
        !element.hasAttribute('sandbox') &&
        !element.getAttribute('src')?.startsWith('/files/');
      return bad || openFrame || attributes.length > 0 ? [element.outerHTML.slice(0, 200)] : [];
    }),
  );
}
