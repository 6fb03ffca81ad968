import type { Root } from 'hast';
import { fromParse5 } from 'hast-util-from-parse5';
import { toHtml } from 'hast-util-to-html';
import {
  type DefaultTreeAdapterTypes,
  defaultTreeAdapter,
  html as namespaces,
  parseFragment,
  type TreeAdapter,
} from 'parse5';
import { AppError } from '../errors/app-error.ts';

type Parse5 = DefaultTreeAdapterTypes.DefaultTreeAdapterMap;

/** Longest HTML that is read, in characters. Texts at Teachable have at most 100,000; embedded images come on top. */
export const maxHtmlLength = 4_000_000;
/** Most elements, those included that the HTML standard's error correction adds. */
export const maxElements = 20_000;
/** Deepest nesting. Browsers stop at 512 and flatten the rest. */
export const maxDepth = 256;

/**
 * Parses a piece of HTML as a browser with scripts on would parse it inside a `<div>`.
 *
 * @throws {AppError} `CONTENT_UNREADABLE` when it is larger, has more elements or is nested deeper than any lesson
 */
export function parseHtml(html: string): Root {
  const tree = fromParse5(parseMarkup(html));
  return tree.type === 'root' ? tree : { type: 'root', children: [] };
}

/**
 * The same as the parser's own tree, in which names are as they were written; also for a drawing, which is what HTML takes an
 * SVG file for.
 *
 * @throws {AppError} `CONTENT_UNREADABLE`
 */
export function parseMarkup(html: string): Parse5['documentFragment'] {
  if (html.length > maxHtmlLength) {
    throw unreadable(`it has ${html.length} characters, the limit is ${maxHtmlLength}`);
  }
  const inside = defaultTreeAdapter.createElement('div', namespaces.NS.HTML, []);
  const fragment = parseFragment(inside, html, { treeAdapter: countingAdapter() });
  checkDepth(fragment);
  return fragment;
}

/** Writes a tree as HTML, always in the same way. */
export function serialiseHtml(tree: Root): string {
  return toHtml(tree, { characterReferences: { useNamedReferences: true } });
}

/** Error correction can multiply elements (an unclosed `<b>` is repeated in every paragraph), so they are counted as they are made. */
function countingAdapter(): TreeAdapter<Parse5> {
  let count = 0;
  return {
    ...defaultTreeAdapter,
    createElement(...details) {
      if (++count > maxElements) throw unreadable(`it has more than ${maxElements} elements`);
      return defaultTreeAdapter.createElement(...details);
    },
  };
}

/** Without recursion: what walks the tree later is recursive and relies on this. */
function checkDepth(fragment: Parse5['documentFragment']): void {
  const open: Array<{ readonly node: Parse5['parentNode']; readonly depth: number }> = [
    { node: fragment, depth: 0 },
  ];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.depth > maxDepth) throw unreadable(`it is nested deeper than ${maxDepth} elements`);
    const inner = 'content' in next.node ? [next.node.content] : [];
    for (const node of [...next.node.childNodes, ...inner]) {
      if ('childNodes' in node) open.push({ node, depth: next.depth + 1 });
    }
  }
}

function unreadable(state: string): AppError {
  return new AppError({
    code: 'CONTENT_UNREADABLE',
    message: `Cannot read HTML: ${state}`,
    publicMessage:
      'A text is too large or too complicated to be imported. Split or simplify it at the source.',
    retry: 'never',
  });
}
