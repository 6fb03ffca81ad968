import { get } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { findBarriers, findOverflow } from './accessibility.ts';
import { everyPage } from './find-pages.ts';
import { type RunningPlatform, startPlatformForPages } from './platform.ts';
import { sampleCourseId, startImport, waitForLessons } from './start-import.ts';
import { visit } from './visitor.ts';

const timeoutMs = 120_000;
let platform: RunningPlatform;
let browser: Browser;

beforeAll(async () => {
  [platform, browser] = await Promise.all([startPlatformForPages(), openBrowser()]);
}, 240_000);

afterAll(() => browser?.close());

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
    for (const address of [
      '/files/fil_none',
      '/imports/imp_none/events',
      '/imports/imp_none/report',
      '/imports/imp_none/issues',
      '/courses/crs_none/redirects',
    ]) {
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
    await page.getByRole('table', { name: 'Apps' }).getByText('courseport', { exact: true }).waitFor();
    await leave();
  });
});

/** The status that a reader gets who reached us by another host name, which `fetch` does not let one claim. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (response) => resolve(response.resume().statusCode)).on('error', reject);
  });
}
