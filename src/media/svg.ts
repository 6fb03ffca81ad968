import { type DefaultTreeAdapterTypes, html as namespaces } from 'parse5';
import { dataUrlBytes } from '../content/data-url.ts';
import { maxHtmlLength, parseMarkup } from '../content/parse.ts';
import { isAppError } from '../errors/app-error.ts';
import { imageUnusable } from './errors.ts';
import {
  allowedAttributes,
  allowedTags,
  drawingTags,
  isHarmlessStyle,
  localReference,
  textTags,
  unwrappedTags,
} from './svg-allow-list.ts';
import { assertDrawable, referenceOf } from './svg-references.ts';
import { type PixelSize, readSvgSize } from './svg-size.ts';

/** An SVG document of which nothing runs or loads, wherever it is opened. */
export interface CleanSvg extends PixelSize {
  readonly text: string;
}

type Element = DefaultTreeAdapterTypes.Element;
type Child = DefaultTreeAdapterTypes.ChildNode;

/** In bytes. */
export const maxSvgBytes = maxHtmlLength;

/**
 * Cleans an SVG image by an allow-list. What comes out is written anew from what was understood, so it does not matter whether a
 * browser would have read the original in another way: entities are not resolved, and comments, instructions and document types
 * are gone. The same bytes always give the same text.
 *
 * @throws {AppError} `ASSET_TYPE_WRONG`, never to be repeated, when it is no single drawing in UTF-8, when it is too large, or
 * when nothing of it may stay
 */
export function cleanSvg(bytes: Uint8Array): CleanSvg {
  const root = findRoot(decode(bytes));
  assertDrawable(root);
  const size = readSvgSize(root);
  const { width, height } = size;
  const own = root.attrs.filter(({ name }) => !['width', 'height', 'viewBox'].includes(name));
  const text = write({
    ...root,
    attrs: [
      { name: 'viewBox', value: size.viewBox },
      { name: 'width', value: `${width}` },
      { name: 'height', value: `${height}` },
      ...own,
    ],
  }).replace('<svg', `<svg xmlns="${namespaces.NS.SVG}"`);
  if (!drawing.test(text))
    throw imageUnusable('nothing is left of it without what could run or load something');
  return { text: `${text}\n`, width, height };
}

function decode(bytes: Uint8Array): string {
  if (bytes.length > maxSvgBytes) throw imageUnusable(`it is an SVG of more than ${maxSvgBytes} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw imageUnusable('it is an SVG that is not in UTF-8');
  }
}

const drawing = new RegExp(`<(${[...drawingTags].join('|')})[ />]`);

/** HTML ends a document type at its first ">", which may stand inside of its declarations; here it ends after them. */
function withoutDocumentType(text: string): string {
  const start = text.search(/<!DOCTYPE/i);
  if (start === -1) return text;
  const declarations = text.indexOf('[', start);
  const firstEnd = text.indexOf('>', start);
  const end =
    declarations !== -1 && declarations < firstEnd
      ? text.indexOf('>', text.indexOf(']', declarations))
      : firstEnd;
  return end === -1 ? text : text.slice(0, start) + text.slice(end + 1);
}

function findRoot(text: string): Element {
  const nodes = parse(withoutDocumentType(text))
    .filter(({ nodeName }) => nodeName !== '#comment' && nodeName !== '#documentType')
    .filter((node) => !('value' in node && node.value.trim() === ''));
  const [root] = nodes;
  // An HTML element inside of a drawing ends it: what follows stands beside it, and would be lost.
  if (nodes.length !== 1 || !root || !isSvg(root) || root.tagName !== 'svg') {
    throw imageUnusable('it is not one whole SVG drawing');
  }
  return root;
}

function parse(text: string): Child[] {
  try {
    return parseMarkup(text).childNodes;
  } catch (error) {
    if (!isAppError(error, 'CONTENT_UNREADABLE')) throw error;
    throw imageUnusable('it is an SVG with too many elements', error);
  }
}

function isSvg(node: Child): node is Element {
  return 'tagName' in node && node.namespaceURI === namespaces.NS.SVG;
}

function write(node: Child): string {
  if ('value' in node && node.nodeName === '#text') return escapeXml(node.value);
  if (!isSvg(node)) return '';
  const { tagName } = node;
  if (unwrappedTags.has(tagName)) return node.childNodes.map(write).join('');
  if (!allowedTags.has(tagName)) return '';

  const inside = textTags.has(tagName) ? writeText(node) : node.childNodes.map(write).join('');
  if (tagName === 'style' && inside === '') return '';
  const attributes = node.attrs.map(writeAttribute).join('') + writeReference(node);
  return inside === '' ? `<${tagName}${attributes}/>` : `<${tagName}${attributes}>${inside}</${tagName}>`;
}

/** A style sheet stays whole or goes. */
function writeText({ tagName, childNodes }: Element): string {
  const texts = childNodes.map((node) => ('value' in node && node.nodeName === '#text' ? node.value : null));
  const text = texts.join('');
  if (tagName === 'style' && (texts.includes(null) || !isHarmlessStyle(text))) return '';
  return escapeXml(text);
}

function writeAttribute({ name, prefix, value }: Element['attrs'][number]): string {
  if (prefix === 'xml' && name === 'space') return value === 'preserve' ? ' xml:space="preserve"' : '';
  if (prefix || !allowedAttributes.has(name) || !isHarmlessStyle(value)) return '';
  return ` ${name}="${escapeXml(value)}"`;
}

/** Pictures may lie inside of the drawing; everything else has to be a part of it. */
function writeReference(element: Element): string {
  const value = referenceOf(element)?.trim() ?? '';
  if (localReference.test(value)) return ` href="${value}"`;
  const picture = element.tagName === 'image' ? dataUrlBytes(value) : null;
  return picture ? ` href="data:${picture.contentType};base64,${picture.bytes.toString('base64')}"` : '';
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in XML (XML 1.0 §2.2)
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

function escapeXml(text: string): string {
  return text.replace(notXml, '').replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
