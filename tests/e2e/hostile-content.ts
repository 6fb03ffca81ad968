import type { Page } from 'playwright-core';

/** Hears of every dialogue that a script of a course opens from now on. */
export async function reportAttacks(page: Page): Promise<readonly string[]> {
  const attacks: string[] = [];
  page.on('dialog', (dialog) => {
    attacks.push(`${page.url()}: ${dialog.type()} ${dialog.message()}`);
    void dialog.dismiss();
  });
  return attacks;
}

/** What in a lesson could run something of the course in our page. */
export async function findExecutableParts(page: Page): Promise<string[]> {
  return page.locator('main article').evaluate((article) =>
    [...article.querySelectorAll('*')].flatMap((element) => {
      const attributes = [...element.attributes].filter(
        ({ name, value }) =>
          /^(on|style$|srcdoc$)/i.test(name) || /^\s*(javascript|vbscript|data):/i.test(value),
      );
      const runs = ['SCRIPT', 'STYLE', 'OBJECT', 'EMBED', 'BASE', 'META', 'LINK'].includes(element.tagName);
      const openFrame =
        element.tagName === 'IFRAME' &&
        !element.hasAttribute('sandbox') &&
        !element.getAttribute('src')?.startsWith('/files/');
      return runs || openFrame || attributes.length > 0 ? [element.outerHTML.slice(0, 200)] : [];
    }),
  );
}
