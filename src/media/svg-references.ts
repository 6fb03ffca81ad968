import type { DefaultTreeAdapterTypes } from 'parse5';
import { imageUnusable } from './errors.ts';

type Element = DefaultTreeAdapterTypes.Element;

/** Elements that a browser draws in the end. A few lines that draw each other many times can stand for billions. */
const mostDrawn = 200_000;
/** Copies inside of copies. */
const deepestCopies = 500;

/**
 * Refuses a drawing that would keep a browser busy for ever, or that holds itself.
 *
 * @throws {AppError} `ASSET_TYPE_WRONG`
 */
export function assertDrawable(root: Element): void {
  const byId = new Map<string, Element>();
  visit(root, (element) => {
    const id = element.attrs.find(({ name }) => name === 'id')?.value;
    if (id !== undefined && !byId.has(id)) byId.set(id, element);
  });

  const counts = new Map<Element, number>();
  const open = new Set<Element>();
  const count = (element: Element, depth: number): number => {
    const known = counts.get(element);
    if (known !== undefined) return known;
    if (open.has(element)) throw imageUnusable('it is an SVG that draws itself inside of itself');
    if (depth > deepestCopies) throw imageUnusable('it is an SVG with copies nested too deep');
    open.add(element);
    let drawn = 1;
    for (const child of childrenOf(element)) drawn += count(child, depth + 1);
    for (const id of drawnBy(element)) {
      const target = byId.get(id);
      if (target) drawn += count(target, depth + 1);
    }
    open.delete(element);
    if (drawn > mostDrawn) throw imageUnusable(`it is an SVG that draws more than ${mostDrawn} elements`);
    counts.set(element, drawn);
    return drawn;
  };
  count(root, 0);
}

function visit(element: Element, see: (element: Element) => void): void {
  see(element);
  for (const child of childrenOf(element)) visit(child, see);
}

function childrenOf(element: Element): Element[] {
  return element.childNodes.filter((child) => 'tagName' in child);
}

/** Ids of what an element draws besides its insides: what it copies, and patterns, masks, markers and filters. */
function drawnBy(element: Element): string[] {
  const named = element.attrs.flatMap(({ value }) =>
    [...value.matchAll(/url\(\s*["']?#([\w:.-]+)/gi)].map(([, id]) => id ?? ''),
  );
  return element.tagName === 'use' ? [...named, referenceOf(element)?.replace(/^#/, '') ?? ''] : named;
}

/** What an element refers to; the older attribute counts only where the newer is not there (SVG 2 §16.1.5). */
export function referenceOf({ attrs }: Element): string | undefined {
  const references = attrs.filter(({ name }) => name === 'href');
  return (references.find(({ prefix }) => !prefix) ?? references.find(({ prefix }) => prefix === 'xlink'))
    ?.value;
}
