import type { Element, ElementContent, Root, Text } from 'hast';
import { minifyWhitespace } from 'hast-util-minify-whitespace';
import { type Schema, sanitize } from 'hast-util-sanitize';
import { blockTags } from './allow-list.ts';
import { parseHtml, serialiseHtml } from './parse.ts';
import { textOf } from './walk.ts';

/** Elements that show something although they hold no text. */
const contentTags: readonly string[] = ['img', 'audio', 'video', 'iframe', 'hr'];

/** Empty ones keep their place. */
const cellTags: readonly string[] = ['td', 'th', 'tr', 'thead', 'tbody', 'tfoot', 'caption', 'pre'];

/** More rounds than real HTML takes; each removes a layer of what only error correction had held together. */
const maxRounds = 8;

/**
 * Keeps what the schema allows, in one form for all editors: no spacers, no blanks that do not show, no bare text beside
 * paragraphs.
 *
 * The result reads back as itself. A cleaner that looks at one tree while the browser builds another from the same HTML can
 * be talked past ("mutation XSS"), so the written form is parsed and cleaned again until it no longer changes; what never
 * settles is reduced to its text.
 */
export function cleanTree(root: Root, schema: Schema): Root {
  let tree = cleanOnce(root, schema);
  let html = serialiseHtml(tree);
  for (let round = 0; round < maxRounds; round++) {
    const again = cleanOnce(parseHtml(html), schema);
    const htmlAgain = serialiseHtml(again);
    if (htmlAgain === html) return again;
    tree = again;
    html = htmlAgain;
  }
  const text = textOf(tree).replace(/\s+/g, ' ').trim();
  return text === '' ? { type: 'root', children: [] } : paragraphs([{ type: 'text', value: text }]);
}

function cleanOnce(root: Root, schema: Schema): Root {
  const allowed = sanitize(root, schema);
  const children = allowed.type === 'root' ? allowed.children : [allowed];
  const tree: Root = { type: 'root', children: children.filter(isContent) };
  minifyWhitespace(tree);
  return paragraphs(tidyChildren(tree, false));
}

function tidyChildren(parent: Root | Element, preformatted: boolean): ElementContent[] {
  return parent.children.filter(isContent).flatMap((child) => {
    if (child.type !== 'element') return child.type === 'text' ? [child] : [];
    return tidyElement(child, preformatted || child.tagName === 'pre');
  });
}

function tidyElement(element: Element, preformatted: boolean): ElementContent[] {
  const { tagName } = element;
  if (tagName === 'br' || tagName === 'hr') return [element];
  if (tagName === 'img' || tagName === 'audio' || tagName === 'video')
    return hasMark(element) ? [element] : [];
  if (tagName === 'iframe') return hasMark(element) ? [{ ...element, children: [] }] : [];

  const inner = tidyChildren(element, preformatted);
  if (tagName === 'a' && !leadsSomewhere(element)) return inner;
  const isBlock = blockTags.includes(tagName);
  const children = isBlock && !preformatted ? trimBreaks(inner) : inner;
  if (!cellTags.includes(tagName) && !showsSomething(children)) return isBlock ? [] : children;
  return [{ ...element, properties: tidyProperties(element), children }];
}

function leadsSomewhere(link: Element): boolean {
  return hasMark(link) || link.properties.href !== undefined || link.properties.dataSourceHref !== undefined;
}

/** A file, or an embed, that there is. */
function hasMark(element: Element): boolean {
  const { dataAsset, dataFile, dataEmbed } = element.properties;
  return [dataAsset, dataFile, dataEmbed].some((mark) => typeof mark === 'string' && mark !== '');
}

function tidyProperties({ properties }: Element): Element['properties'] {
  return Object.fromEntries(
    Object.entries(properties).filter(
      ([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

function trimBreaks(children: readonly ElementContent[]): ElementContent[] {
  const isBlank = (child: ElementContent | undefined) =>
    child !== undefined &&
    ((child.type === 'element' && child.tagName === 'br') ||
      (child.type === 'text' && child.value.trim() === ''));
  let start = 0;
  let end = children.length;
  while (start < end && isBlank(children[start])) start++;
  while (end > start && isBlank(children[end - 1])) end--;
  return children.slice(start, end);
}

/** Puts what stands bare between blocks into paragraphs. Embeds stand on their own. */
function paragraphs(children: readonly ElementContent[]): Root {
  const blocks: ElementContent[] = [];
  let line: ElementContent[] = [];
  const endLine = () => {
    const trimmed = trimBreaks(line);
    if (showsSomething(trimmed)) {
      blocks.push({ type: 'element', tagName: 'p', properties: {}, children: trimmed });
    }
    line = [];
  };
  for (const child of children) {
    if (child.type === 'element' && (blockTags.includes(child.tagName) || child.tagName === 'iframe')) {
      endLine();
      blocks.push(child);
    } else {
      line.push(child);
    }
  }
  endLine();
  return { type: 'root', children: blocks };
}

function showsSomething(children: readonly ElementContent[]): boolean {
  return children.some((child) => {
    if (child.type === 'text') return child.value.trim() !== '';
    if (child.type !== 'element') return false;
    return (
      contentTags.includes(child.tagName) ||
      cellTags.includes(child.tagName) ||
      showsSomething(child.children)
    );
  });
}

function isContent(node: Root['children'][number]): node is Element | Text {
  return node.type === 'element' || node.type === 'text';
}
