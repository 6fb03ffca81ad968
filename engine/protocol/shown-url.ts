/** What may be shown or logged of a URL: credentials and query may hold secrets. */
export function shownUrl(url: string | URL): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
