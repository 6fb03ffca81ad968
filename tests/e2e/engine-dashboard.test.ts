import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gate, startTestBed, type TestBed } from '../engine/engine-app.ts';
import { openBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait.ts';
import { findBarriers, findOverflow } from './accessibility.ts';
import { visit } from './visitor.ts';

const timeoutMs = 120_000;
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 120_000);

afterAll(() => browser?.close());

const desktop = { width: 1280, height: 900 };
const phone = { width: 320, height: 640 };
/** As narrow as tables remain tables. */
const tablet = { width: 961, height: 700 };

describe('the dashboard of the engine in the browser', () => {
  it.each([
    ['on a desktop in the light', { viewport: desktop, colorScheme: 'light' }],
    ['on a phone in the dark', { viewport: phone, colorScheme: 'dark', reducedMotion: 'reduce' }],
  ] as const)(
    'follows a run from its event to its failure, runs it again, and cancels one that sleeps, %s',
    async (_, look) => {
      const bed = await startShop();
      const { page, complaints, leave } = await visit(browser, bed.engine.url, look);

      await page.goto('/');
      await page.getByRole('link', { name: 'Functions' }).click();
      await page.getByRole('link', { name: 'Import stock' }).click();
      await page.getByText('shop/stock.received').waitFor();

      await page.getByRole('link', { name: 'Send an event' }).click();
      await page.getByLabel('Event, or a list').fill('{ "name": "shop/stock.received" ');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByRole('alert').getByText('not JSON').waitFor();
      await page.getByLabel('Event, or a list').fill('{ "name": "shop/stock.received", "data": {} }');
      await page.getByRole('button', { name: 'Send' }).click();

      await page
        .getByRole('row', { name: /Import stock/ })
        .getByRole('link')
        .first()
        .click();
      await page.getByRole('heading', { name: 'Import stock' }).waitFor();
      // Nobody reloads: the page itself finds out that the step is there, and how the run ended.
      await page.getByRole('status').getByText('running').waitFor();
      bed.download.open();
      await page.getByRole('status').getByText('failed').waitFor();
      expect(await page.title()).toContain('failed');

      await page.locator('summary', { hasText: 'parse rows' }).click();
      const step = page.getByRole('listitem').filter({ hasText: 'parse rows' });
      await step.getByText('Row 17 has 4 columns').first().waitFor();
      expect(await step.textContent()).toContain('2 attempts');
      await step.getByRole('link', { name: 'All of it stands above' }).click();
      const error = page.getByText('The line ended too early').first();
      await error.waitFor();
      expect(await page.getByRole('main').textContent()).toContain('engine-dashboard.test.ts');

      const firstAddress = page.url();
      await page.getByRole('button', { name: 'Run again' }).click();
      await waitFor(() => page.url() !== firstAddress && page.url().includes('/runs/'), {
        what: 'the new run',
      });
      await page.getByRole('status').getByText('failed').waitFor();

      await bed.send({ name: 'account/created' });
      await page.getByRole('link', { name: 'Runs', exact: true }).click();
      await page
        .getByRole('row', { name: /Welcome/ })
        .getByRole('link')
        .first()
        .click();
      await page.locator('summary', { hasText: 'wait three days' }).click();
      await page.getByText(/^wakes /).waitFor();
      await page.getByRole('link', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Cancel the run' }).click();
      await page.getByRole('status').getByText('cancelled').waitFor();
      // Browsers tell of the form that was refused above.
      expect(complaints).toEqual([expect.stringContaining('400 (Bad Request)')]);
      await leave();
    },
    timeoutMs,
  );

  it(
    'has no barriers, and nothing that sticks out, in any look',
    async () => {
      const bed = await startShop();
      bed.download.open();
      const failedEvent = await bed.send({ name: 'shop/stock.received', data: { long: 'x'.repeat(20_000) } });
      const [failed] = await bed.endedRuns(failedEvent);
      const sleeping = await waitFor(
        async () => (await bed.runsOf(await bed.send({ name: 'account/created' })))[0],
        { what: 'the run that sleeps' },
      );
      const paths = [
        ...['/', '/functions', '/functions/shop-import-stock', '/functions/shop-import-stock/invoke'],
        ...['/events', '/events?search=nothing', '/events/new', `/events/${failedEvent}`],
        ...['/runs', '/runs?status=skipped', `/runs/${failed?.run_id}`],
        ...[`/runs/${sleeping.run_id}`, `/runs/${sleeping.run_id}/cancel`, '/runs/none'],
      ];

      for (const viewport of [desktop, phone]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          const { page, leave } = await visit(browser, bed.engine.url, { viewport, colorScheme });
          for (const path of paths) {
            await page.goto(path);
            for (const summary of await page.locator('summary').all()) await summary.click();
            expect(await findBarriers(page), `${path}, ${colorScheme}`).toEqual([]);
            expect(await findOverflow(page), `${path}, ${viewport.width} px`).toEqual([]);
          }
          await leave();
        }
      }
    },
    timeoutMs,
  );

  it(
    'keeps words and times in one piece, and marks round',
    async () => {
      const bed = await startShop();
      await bed.send({ name: 'account/created' });
      const sleeper = await waitFor(
        async () => (await bed.runsOf(await bed.send({ name: 'account/created' })))[0],
        { what: 'the run that sleeps' },
      );
      for (const viewport of [desktop, tablet, phone]) {
        const { page, leave } = await visit(browser, bed.engine.url, { viewport });
        await page.goto('/functions');
        for (const cell of await page.getByRole('cell', { name: 'shop', exact: true }).all()) {
          expect(await cell.evaluate(countLines), `${viewport.width} px`).toBe(1);
        }
        expect(await findOverflow(page), `${viewport.width} px`).toEqual([]);

        await page.goto('/runs?status=running');
        await page.getByLabel('From').fill('2026-11-24T09:05:00');
        expect(await page.getByLabel('From').evaluate(isWhole), `${viewport.width} px`).toBe(true);
        expect(await findOverflow(page), `${viewport.width} px`).toEqual([]);

        await page.goto(`/runs/${sleeper.run_id}`);
        const mark = page.locator('.status').last();
        expect(await mark.evaluate(sizeOfMark)).toEqual(['8px', '8px']);
        await leave();
      }
    },
    timeoutMs,
  );

  it(
    'brings a list up to date without disturbing who uses it, and rests when told to',
    async () => {
      const bed = await startShop();
      const { page, complaints, leave } = await visit(browser, bed.engine.url);
      await bed.endedRuns(await bed.send({ name: 'shop/plain' }));
      await page.goto('/runs');
      const rows = page.getByRole('table', { name: 'Runs' }).getByRole('row');
      const firstRun = rows.nth(1).getByRole('link').first();
      await firstRun.focus();
      const focused = await firstRun.textContent();
      await page.getByLabel('Event name or id').evaluate((field: HTMLInputElement) => {
        field.value = 'half a na';
      });

      await bed.send({ name: 'shop/plain' });
      await waitFor(async () => (await rows.count()) === 3, { what: 'the new run in the list' });

      expect(await page.locator(':focus').textContent()).toBe(focused);
      expect(await rows.nth(2).getByRole('link').first().textContent()).toBe(focused);
      expect(await page.getByLabel('Event name or id').inputValue()).toBe('half a na');

      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused').waitFor();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await bed.endedRuns(await bed.send({ name: 'shop/plain' }));
      expect(await rows.count()).toBe(3);
      expect(asked).toEqual([]);
      await page.getByRole('button', { name: 'Resume' }).click();
      await waitFor(async () => (await rows.count()) === 4, { what: 'the list to go on' });
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );

  it(
    'can be used by keyboard alone',
    async () => {
      const bed = await startShop();
      const { page, leave } = await visit(browser, bed.engine.url);
      await page.goto('/events/new');

      await page.keyboard.press('Tab');
      expect(await focusedText(page)).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      await tabTo(page, (text) => text === 'TEXTAREA');
      await page.keyboard.press('Control+A');
      await page.keyboard.type('{"name": "account/created"}');
      await tabTo(page, (text) => text === 'Send');
      expect(await page.locator(':focus').evaluate((it) => getComputedStyle(it).outlineStyle)).toBe('solid');
      await page.keyboard.press('Enter');
      await page.getByRole('row', { name: /Welcome/ }).waitFor();
      await tabTo(page, (text) => /^\w{26}$/.test(text));
      await page.keyboard.press('Enter');
      await page.locator('summary', { hasText: 'wait three days' }).waitFor();
      await tabTo(page, (text) => text.includes('wait three days'));
      await page.keyboard.press('Enter');
      await page.getByText(/^wakes /).waitFor();
      await page.keyboard.press('Home');
      await page.getByRole('link', { name: 'Cancel' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Cancel this run?' }).waitFor();
      await tabTo(page, (text) => text === 'Cancel the run');
      await page.keyboard.press('Enter');
      await page.getByRole('status').getByText('cancelled').waitFor();
      await leave();
    },
    timeoutMs,
  );

  it(
    'begins with an event that is known, and sends it by a key',
    async () => {
      const bed = await startShop();
      const { page, complaints, leave } = await visit(browser, bed.engine.url);
      await page.goto('/functions/shop-plain');
      await page.getByRole('link', { name: 'Send its event' }).click();
      await page.getByLabel('Event, or a list').press('Enter');
      await page.getByLabel('Event, or a list').press('Control+Enter');
      await page.getByRole('heading', { name: 'shop/plain' }).waitFor();

      await page.getByRole('link', { name: 'Send an event' }).click();
      await page.getByLabel('Known event').fill('account/created');
      await page.getByRole('button', { name: 'Begin with it' }).click();
      await page.waitForURL(/name=/);
      expect(await page.getByLabel('Event, or a list').inputValue()).toContain('"account/created"');
      expect(complaints).toEqual([]);
      await leave();
    },
    timeoutMs,
  );

  it(
    'works without scripts',
    async () => {
      const bed = await startShop();
      const { page, leave } = await visit(browser, bed.engine.url, { javaScriptEnabled: false });
      await page.goto('/events/new');
      await page.getByLabel('Event, or a list').fill('{"name": "shop/plain"}');
      await page.getByRole('button', { name: 'Send' }).click();
      await waitFor(
        async () => {
          await page.getByRole('link', { name: 'Refresh' }).click();
          return page.getByText('completed').isVisible();
        },
        { what: 'the run to have ended' },
      );
      await leave();
    },
    timeoutMs,
  );
});

/** A shop with a function that fails, one that sleeps, and a plain one. */
async function startShop(): Promise<TestBed & { readonly download: ReturnType<typeof gate> }> {
  const download = gate();
  const bed = await startTestBed({
    functions: (client) => [
      client.createFunction(
        {
          id: 'import-stock',
          name: 'Import stock',
          retries: 1,
          triggers: [{ event: 'shop/stock.received' }],
        },
        async ({ step }) => {
          await step.run('download file', async () => {
            await download.opened;
            return { bytes: 5_123 };
          });
          await step.run('parse rows', () => {
            throw new TypeError('Row 17 has 4 columns, 5 were expected', {
              cause: new Error('The line ended too early'),
            });
          });
        },
      ),
      client.createFunction(
        { id: 'welcome', name: 'Welcome', concurrency: 5, triggers: [{ event: 'account/created' }] },
        async ({ step }) => {
          await step.run('send mail', () => 'sent');
          await step.sleep('wait three days', '3d');
        },
      ),
      client.createFunction({ id: 'plain', triggers: [{ event: 'shop/plain' }] }, async () => null),
    ],
  });
  return { ...bed, download };
}

/** In how many lines an element's text is set. */
function countLines(element: Element): number {
  const range = document.createRange();
  range.selectNodeContents(element);
  return new Set([...range.getClientRects()].map(({ top }) => top)).size;
}

/** Whether a field is as wide as what it shows when nothing limits it. */
function isWhole(field: Element): boolean {
  const free = field.cloneNode() as HTMLElement;
  free.style.cssText = 'position: absolute; width: max-content';
  field.after(free);
  const needed = free.getBoundingClientRect().width;
  free.remove();
  return field.getBoundingClientRect().width >= needed;
}

function sizeOfMark(element: Element): string[] {
  const { width, height } = getComputedStyle(element, '::before');
  return [width, height];
}

async function focusedText(page: Page): Promise<string> {
  return page
    .locator(':focus')
    .evaluate((element) =>
      element.tagName === 'TEXTAREA' ? element.tagName : (element.textContent ?? '').trim(),
    );
}

/** Goes on with the tabulator until something is focused whose text is right. */
async function tabTo(page: Page, isRight: (text: string) => boolean): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await page.locator(':focus').count()) > 0 && isRight(await focusedText(page))) return;
  }
  throw new Error('Cannot reach the element by keyboard: 60 presses of the tabulator passed it by');
}
