import type { Element, ElementContent, Root } from 'hast';
import { sanitize } from 'hast-util-sanitize';
import { storedSchema } from './allow-list.ts';
import { parseHtml, serialiseHtml } from './parse.ts';

/** Where a page gets a file from. */
export interface RenderedFile {
  readonly url: string;
  /** The same as an image; null when no browser can show it as one. */
  readonly picture: RenderedPicture | null;
}

export interface RenderedPicture {
  readonly url: string;
  /** In pixels; keep the page from jumping while the image loads. */
  readonly width?: number;
  readonly height?: number;
  /** Other forms of it, in the order of preference, and how wide it is shown (HTML, the `picture` element). */
  readonly sources: ReadonlyArray<{ readonly type: string; readonly srcSet: string }>;
  readonly sizes: string;
}

/**
 * Writes stored HTML for a page. It is cleaned a second time, so a row that came around the first cleaning does no harm.
 *
 * @param resolve.file the file of a `fil_…` id; null while it is missing, which shows a placeholder in its place
 * @param resolve.link our own page for a link's address; null for links to anybody else
 */
export function renderHtml(storedHtml: string, resolve: Resolve): string {
  const clean = sanitize(parseHtml(storedHtml), storedSchema);
  const children = clean.type === 'root' ? clean.children : [clean];
  return serialiseHtml({ type: 'root', children: children.flatMap((child) => render(child, resolve)) });
}

export interface Resolve {
  file(fileId: string): RenderedFile | null;
  link(href: string): string | null;
}

function render(node: Root['children'][number], resolve: Resolve): ElementContent[] {
  if (node.type !== 'element') return node.type === 'text' ? [node] : [];
  const children = node.children.flatMap((child) => render(child, resolve));
  switch (node.tagName) {
    case 'a':
      return [renderLink(node, children, resolve)];
    case 'img':
      return renderImage(node, resolve);
    case 'audio':
    case 'video':
      return renderMedia(node, resolve);
    default:
      return [{ ...node, children }];
  }
}

function renderLink(link: Element, children: ElementContent[], resolve: Resolve): Element {
  const { dataFile, dataSourceHref, href, ...properties } = link.properties;
  if (typeof dataFile === 'string') {
    const file = resolve.file(dataFile);
    if (file) return { ...link, properties: { ...properties, href: file.url, download: '' }, children };
    const note = missing('file not available');
    return {
      ...link,
      tagName: 'span',
      properties: {},
      children: [...children, { type: 'text', value: ' ' }, note],
    };
  }
  const address = href ?? dataSourceHref;
  const ours = typeof address === 'string' ? resolve.link(address) : null;
  if (ours !== null) return { ...link, properties: { ...properties, href: ours }, children };
  if (typeof href !== 'string') return { ...link, properties, children };
  const foreign = /^https?:/i.test(href);
  const guarded = foreign ? { target: '_blank', rel: ['noopener', 'noreferrer', 'nofollow'] } : {};
  return { ...link, properties: { ...properties, href, ...guarded }, children };
}

function renderImage(image: Element, resolve: Resolve): Element[] {
  const { dataFile, ...properties } = image.properties;
  if (typeof dataFile !== 'string') return [];
  const alt = typeof properties.alt === 'string' ? properties.alt : '';
  const picture = resolve.file(dataFile)?.picture;
  if (!picture) return [missing(alt === '' ? 'Image not available' : `Image not available: ${alt}`)];
  const { url, sources, sizes } = picture;
  const shown: Element = {
    ...image,
    properties: {
      ...properties,
      ...sizeOf(properties, picture),
      src: url,
      alt,
      loading: 'lazy',
      decoding: 'async',
    },
  };
  if (sources.length === 0) return [shown];
  const others = sources.map((source): Element => {
    return { type: 'element', tagName: 'source', properties: { ...source, sizes }, children: [] };
  });
  return [{ type: 'element', tagName: 'picture', properties: {}, children: [...others, shown] }];
}

/** Both sides, so that the place is kept free: an author's own, with the other one in proportion. */
function sizeOf(own: Element['properties'], { width, height }: RenderedPicture): Element['properties'] {
  if (!width || !height || (own.width && own.height)) return {};
  if (own.width) return { height: Math.round((Number(own.width) * height) / width) };
  if (own.height) return { width: Math.round((Number(own.height) * width) / height) };
  return { width, height };
}

function renderMedia(media: Element, resolve: Resolve): Element[] {
  const { dataFile, ...properties } = media.properties;
  if (typeof dataFile !== 'string') return [];
  const file = resolve.file(dataFile);
  if (!file) return [missing(media.tagName === 'video' ? 'Video not available' : 'Audio not available')];
  const shown = { ...properties, src: file.url, controls: true, preload: 'metadata', playsInline: true };
  return [{ ...media, properties: shown, children: [] }];
}

/** Visible, so that nobody takes a lesson with a hole in it for a whole one. */
function missing(text: string): Element {
  return {
    type: 'element',
    tagName: 'span',
    properties: { className: ['missing-file'] },
    children: [{ type: 'text', value: `[${text}]` }],
  };
}
