// Prints the worksheet to PDF with headless Chromium: `node print-worksheet.mjs OUT_FILE`.
import { fileURLToPath } from 'node:url';
import chromium from '@sparticuz/chromium';
import { chromium as playwright } from 'playwright-core';

const outFile = process.argv[2];
if (outFile === undefined) throw new Error('Cannot print worksheet: no file given, run make-media.sh');

const browser = await playwright.launch({
  executablePath: await chromium.executablePath(),
  args: chromium.args,
  headless: true,
});
try {
  const page = await browser.newPage();
  await page.goto(`file://${fileURLToPath(new URL('worksheet.html', import.meta.url))}`);
  await page.pdf({ path: outFile, preferCSSPageSize: true, printBackground: true });
} finally {
  await browser.close();
}
