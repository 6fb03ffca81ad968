import type { Element, ElementContent, Root } from 'hast';
import { fileNameInUrl, isUploadHost, readAddress } from './addresses.ts';
import { blockTags, droppedWhole } from './allow-list.ts';
import { dataUrlBytes } from './data-url.ts';
import { framedAddress, readEmbed } from './embeds.ts';
import { emphasisOf, keepLooks } from './looks.ts';
import { serialiseHtml } from './parse.ts';
import { frameOf } from './providers.ts';
import type { AssetTarget, Embed } from './types.ts';
import { textOf } from './walk.ts';

/** What the marks in a tree stand for: `data-asset="2"` is `assets[2]`. */
export interface Marks {
  readonly assets: AssetTarget[];
  readonly embeds: Embed[];
  readonly removed: Set<string>;
}

/** Longest alternative text and title, in characters. */
const maxTextLength = 1_000;
/** A link's text that is longer is no file's name. */
const maxNameLength = 100;

const renamed: ReadonlyMap<string, string> = new Map([
  ['strike', 's'],
  ['listing', 'pre'],
  ['xmp', 'pre'],
  ['dir', 'ul'],
]);

/** Dropped elements that mean something; the others (styles, titles) are not worth a word. */
const told: readonly string[] = [...droppedWhole, 'form', 'input', 'button', 'meta', 'base', 'link'].filter(
  (tag) =>
    !['head', 'noscript', 'style', 'template', 'title', 'iframe', 'embed', 'object', 'link'].includes(tag),
);

/**
 * Replaces what refers to the world by marks: files by `data-asset`, frames by `<iframe data-embed>`, and addresses by their
 * normal form. Changes the tree in place. What it does not know it leaves for the allow-list to drop.
 */
export function markTree(root: Root, base: URL | null): Marks {
  const marks: Marks = { assets: [], embeds: [], removed: new Set() };
  markChildren(root, base, marks);
  return marks;
}

function markChildren(parent: Root | Element, base: URL | null, marks: Marks): void {
  for (const child of parent.children) {
    if (child.type !== 'element') continue;
    markElement(child, base, marks);
    markChildren(child, base, marks);
  }
}

function markElement(element: Element, base: URL | null, marks: Marks): void {
  if (told.includes(element.tagName)) marks.removed.add(`<${element.tagName}>`);
  for (const name of Object.keys(element.properties)) {
    if (/^on/i.test(name)) marks.removed.add(name.toLowerCase());
  }
  switch (element.tagName) {
    case 'iframe':
    case 'embed':
    case 'object':
      markEmbed(element, marks);
      break;
    case 'a':
      markLink(element, base, marks);
      break;
    case 'img':
      markAsset(element, 'image', element.properties.src, base, marks);
      break;
    case 'audio':
    case 'video':
      markMedia(element, element.tagName, base, marks);
      break;
    default:
      if (frameOf(framedAddress(element) ?? '')) markEmbed(element, marks);
      else markText(element);
  }
}

function markText(element: Element): void {
  const tagName = emphasisOf(element) ?? renamed.get(element.tagName) ?? element.tagName;
  element.properties = { ...ownProperties(element.properties), ...keepLooks(element) };
  element.tagName = tagName;
  // An editor's lines are sometimes `<div>`s.
  const isLine = ['div', 'center', 'section', 'article'].includes(element.tagName);
  if (isLine && !holdsBlocks(element)) element.tagName = 'p';
}

function markEmbed(element: Element, marks: Marks): void {
  const address = framedAddress(element);
  if (address === null) {
    marks.removed.add(`<${element.tagName}>`);
    element.tagName = 'iframe';
    element.properties = {};
    element.children = [];
    return;
  }
  const source: Root = { type: 'root', children: [{ ...element }] };
  marks.embeds.push(readEmbed({ html: serialiseHtml(source) }));
  element.tagName = 'iframe';
  element.properties = { dataEmbed: String(marks.embeds.length - 1) };
  element.children = [];
}

function markLink(element: Element, base: URL | null, marks: Marks): void {
  const { href, title } = element.properties;
  element.properties = { ...keepLooks(element), ...(typeof title === 'string' && { title: shorten(title) }) };
  // A place in the same text is not one of the school's pages.
  const start = typeof href === 'string' && href.trim().startsWith('#') ? null : base;
  const address = typeof href === 'string' ? readAddress(href, start) : null;
  switch (address?.kind) {
    case undefined:
      return;
    case 'web':
      if (isUploadHost(address.url)) {
        element.properties.dataAsset = pushAsset(marks, 'file', address.url.href, null, linkName(element));
      } else {
        element.properties.href = address.url.href;
      }
      return;
    case 'contact':
      element.properties.href = address.href;
      return;
    case 'relative':
      element.properties.dataSourceHref = address.text;
      return;
    case 'data':
      marks.removed.add('a[href] data:');
      return;
    case 'refused':
      marks.removed.add(`a[href] ${address.scheme}`);
  }
}

function markMedia(element: Element, kind: 'audio' | 'video', base: URL | null, marks: Marks): void {
  const sources = element.children.filter((child) => child.type === 'element' && child.tagName === 'source');
  const [first] = sources.flatMap((child) => (child.type === 'element' ? [child.properties.src] : []));
  element.children = [];
  markAsset(element, kind, element.properties.src ?? first, base, marks);
}

function markAsset(
  element: Element,
  kind: AssetTarget['kind'],
  source: unknown,
  base: URL | null,
  marks: Marks,
): void {
  const { alt, title, width, height } = element.properties;
  element.properties = {
    ...(typeof alt === 'string' && { alt: shorten(alt) }),
    ...(typeof title === 'string' && { title: shorten(title) }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
  };
  const address = typeof source === 'string' ? readAddress(source, base) : null;
  const shownAlt = typeof alt === 'string' && alt.trim() !== '' ? shorten(alt) : null;
  if (address?.kind === 'web') {
    element.properties.dataAsset = pushAsset(marks, kind, address.url.href, shownAlt);
  } else if (address?.kind === 'data' && kind === 'image' && dataUrlBytes(address.text)) {
    element.properties.dataAsset = pushAsset(marks, kind, address.text, shownAlt);
  } else {
    marks.removed.add(`${element.tagName}[src] ${describe(address)}`);
  }
}

function describe(address: ReturnType<typeof readAddress>): string {
  if (address === null) return 'missing';
  if (address.kind === 'refused') return address.scheme;
  return address.kind === 'data' ? 'data:' : address.kind;
}

/** Registers an asset; the mark's value. */
function pushAsset(
  marks: Marks,
  kind: AssetTarget['kind'],
  url: string,
  alt: string | null,
  name: string | null = null,
): string {
  marks.assets.push({ url, kind, fileName: fileNameInUrl(url) ?? name ?? kind, alt });
  return String(marks.assets.length - 1);
}

/** What a download is called by those who link to it. */
function linkName(link: Element): string | null {
  const name = textOf(link).replace(/\s+/g, ' ').trim();
  return name === '' || name.length > maxNameLength ? null : name;
}

/** Without looks, and without marks: they are ours alone, so those that an author wrote go. */
function ownProperties(properties: Element['properties']): Element['properties'] {
  return Object.fromEntries(
    Object.entries(properties).filter(([name]) => !/^(data|className$|dir$|style$)/i.test(name)),
  );
}

function holdsBlocks(element: Element): boolean {
  return element.children.some(
    (child: ElementContent) =>
      child.type === 'element' &&
      (blockTags.includes(child.tagName) ||
        ['div', 'center', 'section', 'article'].includes(child.tagName) ||
        holdsBlocks(child)),
  );
}

function shorten(text: string): string {
  return text.slice(0, maxTextLength);
}
