import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait.ts';
import { lessonsOf } from './find-pages.ts';
import { findExecutableParts, reportAttacks } from './hostile-content.ts';
import { type RunningPlatform, startPlatformForPages } from './platform.ts';
import { play, waitForPlayback } from './playback.ts';
import {
  cancelImport,
  chooseSchool,
  edgeCasesCourseId,
  sampleCourseId,
  startImport,
  waitForLessons,
} from './start-import.ts';
import { visit } from './visitor.ts';

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
      const video = page.locator('video').first();
      await play(video);
      await waitForPlayback(video);
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
          await play(video, 0.5);
          await waitForPlayback(video, 0.5);
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
    'lists what is to be seen to, which its owner resolves by keyboard without losing the place',
    async () => {
      const { page, complaints, leave } = await visit(browser, platform.url);
      await startImport(page, sampleCourseId);
      await page.getByRole('link', { name: 'See the course' }).waitFor();
      const issues = page.getByRole('region', { name: /^Issues/ });
      const heading = issues.getByRole('heading', { name: /^Issues/ });
      const message =
        (await issues
          .getByText(/^Lesson "/)
          .first()
          .textContent()) ?? '';

      const resolve = issues.getByRole('button', { name: 'Resolve', description: message });
      await resolve.focus();
      await page.keyboard.press('Enter');
      await resolve.waitFor({ state: 'detached' });
      await waitFor(() => heading.evaluate((element) => element === document.activeElement), {
        what: 'the focus to be at the heading of the list',
      });
      await page.getByLabel('State').selectOption('Resolved');
      await issues.getByRole('button', { name: 'Filter' }).click();

      await issues.getByRole('button', { name: 'Reopen', description: message }).waitFor();
      const table = await fetch(`${page.url().replace(/[?#].*/, '')}/issues`);
      expect(table.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      expect(await table.text()).toContain(message.replaceAll('"', '""'));
      expect(complaints).toEqual([]);
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

      await cancelImport(page);
      await other.page.getByText('Cancelled', { exact: true }).waitFor();

      platform.school.reset();
      expect([...complaints, ...other.complaints]).toEqual([]);
      await leave();
      await other.leave();
    },
    timeoutMs,
  );

  it(
    'goes on showing progress after the web server was killed',
    async () => {
      platform.school.faults.set({ delay: 'always', delayMs: 400 });
      const { page, leave } = await visit(browser, platform.url);
      await startImport(page, sampleCourseId);
      await page.getByRole('progressbar', { name: 'Lessons' }).waitFor();

      await platform.killWebServer();

      await page.getByText('Connection lost, trying again').waitFor();
      await page.getByText('Connection lost, trying again').waitFor({ state: 'detached' });
      const other = await visit(browser, platform.url);
      await other.page.goto(page.url());
      await cancelImport(other.page);
      await page.getByText('Cancelled', { exact: true }).waitFor();
      await other.leave();
      platform.school.reset();
      await leave();
    },
    timeoutMs,
  );

  it(
    'plays a film that came in pieces, with its poster and its subtitles',
    async () => {
      const { page, complaints, leave } = await visit(browser, platform.url);

      const importUrl = await startImport(page, edgeCasesCourseId);
      await waitForLessons(page);
      const lesson = (await lessonsOf(page, 'Edge cases')).at(-1) ?? '';
      const video = page.locator('video');
      await waitFor(
        async () => {
          await page.goto(lesson);
          return video.isVisible();
        },
        { timeoutMs: 60_000, what: 'the film to be there' },
      );
      await page.getByRole('heading', { name: 'A film in pieces' }).waitFor();

      const posterWidth = await video.evaluate(async (element: HTMLVideoElement) => {
        const poster = new Image();
        poster.src = element.poster;
        await poster.decode();
        return poster.naturalWidth;
      });
      expect(posterWidth).toBeGreaterThan(0);
      await play(video, 0.7);
      await waitForPlayback(video, 0.7);
      const lines = await waitFor(() => video.evaluate(showSubtitles, 'en'), { what: 'the subtitles' });
      expect(lines).toEqual([
        [0.5, 'Wet the whole sheet.'],
        [3.5, 'Let the colour run.'],
        [9, 'Once more, from the start.'],
      ]);
      expect(complaints).toEqual([]);
      // Some of its files are tried for long. Only one import of a course may run.
      await page.goto(importUrl);
      if (await page.getByText('Cancel the import').isVisible()) await cancelImport(page);
      await leave();
    },
    timeoutMs,
  );

  it(
    'shows a hostile course without running anything of it',
    async () => {
      const { page, complaints, leave } = await visit(browser, platform.url);
      const attacks = await reportAttacks(page);

      await startImport(page, edgeCasesCourseId);
      await waitForLessons(page);
      const lessons = await lessonsOf(page, 'Edge cases');
      for (const lesson of lessons) {
        await page.goto(lesson);
        await page.locator('main article').evaluate((article) => article.scrollIntoView(false));
        expect(await findExecutableParts(page), lesson).toEqual([]);
      }

      expect(lessons.length).toBeGreaterThan(0);
      expect(attacks).toEqual([]);
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );
});

/** Turns a language on, as a person does in the player; null until its lines are there. Runs in the page. */
function showSubtitles(video: HTMLVideoElement, language: string): Array<[number, string]> | null {
  const track = [...video.textTracks].find((each) => each.language === language);
  if (track) track.mode = 'showing';
  const cues = [...(track?.cues ?? [])] as VTTCue[];
  return cues.length > 0 ? cues.map(({ startTime, text }) => [startTime, text]) : null;
}

/** How many items are done, as the page tells it. */
function headline(page: Page): Locator {
  return page.getByRole('region', { name: 'Progress' }).getByRole('paragraph').first();
}

/** Collects what the page shows of the progress until the import has ended. It is never reloaded. */
async function watchProgress(page: Page): Promise<string[]> {
  const ended = page.getByRole('link', { name: 'See the course' });
  const seen = new Set<string>();
  await waitFor(
    async () => {
      seen.add((await headline(page).textContent()) ?? '');
      return ended.isVisible();
    },
    { timeoutMs: 90_000, what: 'the import to have ended' },
  );
  return [...seen];
}
