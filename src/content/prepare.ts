import type { Element, ElementContent, Root } from 'hast';
import { markedSchema } from './allow-list.ts';
import { type Marks, markTree } from './mark.ts';
import { parseHtml, serialiseHtml } from './parse.ts';
import { splitAtEmbeds } from './split.ts';
import { cleanTree } from './tidy.ts';
import type { AssetTarget, Embed, LinkTarget, PreparedHtml, PreparedPart, ResolveAsset } from './types.ts';
import { elementsOf } from './walk.ts';

export interface PrepareOptions {
  /** The school's address, which relative addresses start from; without it they are kept, but not as links. */
  readonly baseUrl?: string | null;
}

/**
 * Reads an author's HTML: cleans it, finds its files, links and embeds, and keeps the text ready to be written with our own
 * file ids in place of addresses. The HTML may be hostile; nothing in what comes out runs or loads anything.
 *
 * @throws {AppError} `CONTENT_UNREADABLE` when it is too large to be a lesson
 */
export function prepareHtml(html: string, options: PrepareOptions = {}): PreparedHtml {
  const base = options.baseUrl && URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : null;
  const raw = parseHtml(html);
  const marks = markTree(raw, base);
  const tree = cleanTree(raw, markedSchema);

  const pieces = splitAtEmbeds(tree).map((piece) =>
    piece.kind === 'text' ? { ...piece, tree: cleanTree(piece.tree, markedSchema) } : piece,
  );
  const parts = pieces.flatMap((piece): PreparedPart[] => {
    if (piece.kind === 'text') {
      if (piece.tree.children.length === 0) return [];
      return [{ kind: 'text', render: (resolve) => write(piece.tree, marks, resolve) }];
    }
    const embed = marks.embeds[piece.index];
    return embed ? [{ kind: 'embed', embed }] : [];
  });

  return {
    assets: assetsIn(tree, marks),
    links: linksIn(tree),
    embeds: parts.flatMap((part) => (part.kind === 'embed' ? [part.embed] : [])),
    removed: [...marks.removed],
    parts,
    render: (resolve) =>
      parts.map((part) => (part.kind === 'text' ? part.render(resolve) : linkTo(part.embed))).join(''),
  };
}

/** Only what is still there after cleaning: nobody needs the pictures of what was dropped. */
function assetsIn(tree: Root, marks: Marks): AssetTarget[] {
  const byUrl = new Map<string, AssetTarget>();
  for (const element of elementsOf(tree)) {
    const asset = assetOf(element, marks);
    if (asset && !byUrl.has(asset.url)) byUrl.set(asset.url, asset);
  }
  return [...byUrl.values()];
}

function linksIn(tree: Root): LinkTarget[] {
  const byHref = new Map<string, LinkTarget>();
  for (const { properties } of elementsOf(tree)) {
    const href = properties.href ?? properties.dataSourceHref;
    if (typeof href !== 'string' || /^(mailto|tel):/.test(href)) continue;
    byHref.set(href, { href, absolute: properties.href !== undefined });
  }
  return [...byHref.values()];
}

function write(tree: Root, marks: Marks, resolve: ResolveAsset): string {
  return serialiseHtml({
    type: 'root',
    children: tree.children.flatMap((child) => settle(child, marks, resolve)),
  });
}

/** A copy of the node in which marks are replaced by what they became. */
function settle(node: Root['children'][number], marks: Marks, resolve: ResolveAsset): ElementContent[] {
  if (node.type !== 'element') return node.type === 'text' ? [node] : [];
  const children = node.children.flatMap((child) => settle(child, marks, resolve));
  const asset = assetOf(node, marks);
  if (asset === null) return [{ ...node, children }];

  const fileId = resolve(asset.url);
  const { dataAsset: _mark, ...properties } = node.properties;
  if (fileId !== null) return [{ ...node, properties: { ...properties, dataFile: fileId }, children }];
  return asset.alt === null ? children : [{ type: 'text', value: asset.alt }];
}

/** For places without frames. */
function linkTo({ frameUrl, provider }: Embed): string {
  if (frameUrl === null) return '';
  const link: Element = {
    type: 'element',
    tagName: 'a',
    properties: { href: frameUrl },
    children: [{ type: 'text', value: provider ?? frameUrl }],
  };
  const line: Element = { type: 'element', tagName: 'p', properties: {}, children: [link] };
  return serialiseHtml({ type: 'root', children: [line] });
}

function assetOf(element: Element, marks: Marks): AssetTarget | null {
  const mark = element.properties.dataAsset;
  return mark === undefined || mark === null ? null : (marks.assets[Number(mark)] ?? null);
}
