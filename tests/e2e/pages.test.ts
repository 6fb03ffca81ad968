import { get } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait.ts';
import { findBarriers, findOverflow } from './accessibility.ts';
import { everyPage, lessonsOf } from './find-pages.ts';
import { findExecutableParts, reportAttacks } from './hostile-content.ts';
import { type RunningPlatform, startPlatformForPages } from './platform.ts';
import { play, waitForPlayback } from './playback.ts';
import {
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

describe('every page', () => {
  const looks = {
    'a wide screen in light': { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
    'a narrow phone in dark': { viewport: { width: 360, height: 740 }, colorScheme: 'dark', hasTouch: true },
  } as const;

  beforeAll(async () => {
    const { page, leave } = await visit(browser, platform.url);
    await startImport(page, sampleCourseId);
    await waitForLessons(page);
    await leave();
  }, timeoutMs);

  it.each(Object.entries(looks))(
    'has no barriers and does not scroll sideways on %s',
    async (_name, look) => {
      const { page, complaints, leave } = await visit(browser, platform.url, {
        ...look,
        reducedMotion: 'reduce',
      });

      for (const address of await everyPage(page)) {
        await page.goto(address);
        expect(await findBarriers(page), address).toEqual([]);
        expect(await findOverflow(page), address).toEqual([]);
      }

      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );

  it(
    'can be used by keyboard: skips to the content, shows where the focus is',
    async () => {
      const { page, leave } = await visit(browser, platform.url);
      await page.goto('/imports');

      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').textContent()).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      expect(await page.locator(':focus').getAttribute('id')).toBe('main');
      await page.keyboard.press('Tab');
      const outline = await page
        .locator(':focus')
        .evaluate((element) => getComputedStyle(element).outlineStyle);
      expect(outline).toBe('solid');
      await leave();
    },
    timeoutMs,
  );

  it('says what is not there with the right status, in our own words', async () => {
    const { page, leave } = await visit(browser, platform.url);

    for (const address of [
      '/nowhere',
      '/imports/imp_none',
      '/courses/crs_none',
      '/courses/crs_none/lessons/les_none',
    ]) {
      const response = await page.goto(address);
      expect(response?.status(), address).toBe(404);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
        'There is nothing at this address',
      );
    }
    for (const address of ['/files/fil_none', '/imports/imp_none/events', '/imports/imp_none/report']) {
      expect((await fetch(platform.url + address)).status, address).toBe(404);
    }
    await leave();
  });

  it('is sent with a policy that lets nothing of a course run, and only to readers on this machine', async () => {
    const response = await fetch(`${platform.url}/imports`);

    expect(response.headers.get('content-security-policy')).toMatch(
      /script-src 'self' 'nonce-[^']+' 'strict-dynamic';/,
    );
    expect(response.headers.get('content-security-policy')).not.toMatch(/unsafe/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(await statusFor(`${platform.url}/imports`, 'rebound.example')).toBe(421);
  });

  it('leads to the runs of the engine, without a token in any address', async () => {
    const { page, leave } = await visit(browser, platform.url);
    await page.goto('/imports');

    await page.getByRole('link', { name: 'Engine runs' }).click();
    await page.waitForURL((address) => address.origin !== platform.url);

    expect(page.url()).not.toContain('token');
    expect(await page.content()).toContain('import-finish');
    await leave();
  });
});

/** Collects what the page shows of the progress until the import has ended. It is never reloaded. */
async function watchProgress(page: Page): Promise<string[]> {
  const ended = page.getByRole('link', { name: 'See the course' });
  const headline = page.getByRole('region', { name: 'Progress' }).getByRole('paragraph').first();
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

/** The status that a reader gets who reached us by another host name, which `fetch` does not let one claim. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (response) => resolve(response.resume().statusCode)).on('error', reject);
  });
}
