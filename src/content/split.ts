import type { Element, ElementContent, Root } from 'hast';

/** A stretch of text without embeds, or the number of the embed between two of them. */
export type Piece =
  | { readonly kind: 'text'; readonly tree: Root }
  | { readonly kind: 'embed'; readonly index: number };

/** Not cut in two: what is framed in one of its cells comes after it. */
const uncutTags: readonly string[] = ['table', 'details'];

/**
 * Cuts a cleaned tree at its `<iframe data-embed>` marks. An element around a mark is closed before it and opened again after
 * it, so order and looks stay.
 */
export function splitAtEmbeds(tree: Root): Piece[] {
  const pieces: Piece[] = [];
  let text: ElementContent[] = [];
  const endText = () => {
    if (text.length > 0) pieces.push({ kind: 'text', tree: { type: 'root', children: text } });
    text = [];
  };
  for (const child of tree.children) {
    if (child.type !== 'element') continue;
    for (const part of split(child)) {
      const index = embedIndex(part);
      if (index === null) {
        text.push(part);
      } else {
        endText();
        pieces.push({ kind: 'embed', index });
      }
    }
  }
  endText();
  return pieces;
}

/** The embed that a node marks, else null. */
export function embedIndex(node: ElementContent): number | null {
  if (node.type !== 'element' || node.tagName !== 'iframe') return null;
  return Number(node.properties.dataEmbed);
}

function split(node: ElementContent): ElementContent[] {
  if (node.type !== 'element' || embedIndex(node) !== null) return [node];
  const children = node.children.flatMap(split);
  const embeds = children.filter((child) => embedIndex(child) !== null);
  if (embeds.length === 0) return [node];
  if (uncutTags.includes(node.tagName)) return [withoutEmbeds(node), ...embeds];

  const pieces: ElementContent[] = [];
  let run: ElementContent[] = [];
  const endRun = () => {
    if (run.some(isVisible)) pieces.push({ ...node, children: run });
    run = [];
  };
  for (const child of children) {
    if (embedIndex(child) === null) {
      run.push(child);
    } else {
      endRun();
      pieces.push(child);
    }
  }
  endRun();
  return pieces;
}

function withoutEmbeds(node: Element): Element {
  const children = node.children
    .filter((child) => embedIndex(child) === null)
    .map((child) => (child.type === 'element' ? withoutEmbeds(child) : child));
  return { ...node, children };
}

function isVisible(node: ElementContent): boolean {
  if (node.type === 'text') return node.value.trim() !== '';
  return node.type === 'element' && node.tagName !== 'br';
}
