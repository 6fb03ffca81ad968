import type { ElementContent, Root } from 'hast';
import { sanitize } from 'hast-util-sanitize';
import { blockTags, markedSchema } from './allow-list.ts';
import { parseHtml } from './parse.ts';

/** Whether a text that may be plain or HTML has a tag in it: `a < b` has none, `<b>a</b>` has. */
export function containsHtml(text: string): boolean {
  return /<\/?[a-z][a-z0-9]*(\s[^<>]*)?\/?>/i.test(text);
}

/**
 * What a person reads: blocks on lines of their own, blanks collapsed, no scripts and styles.
 *
 * @throws {AppError} `CONTENT_UNREADABLE` when it is too large to be a lesson
 */
export function htmlToText(html: string): string {
  const clean = sanitize(parseHtml(html), markedSchema);
  const text = clean.type === 'root' ? clean.children.map(write).join('') : write(clean);
  return text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[\s]*/g, '\n')
    .trim();
}

function write(node: Root['children'][number] | Root): string {
  if (node.type === 'text') return node.value.replace(/\s+/g, ' ');
  if (node.type !== 'element') return '';
  if (node.tagName === 'br') return '\n';
  const inner = node.children.map((child: ElementContent) => write(child)).join('');
  return blockTags.includes(node.tagName) ? `\n${inner}\n` : inner;
}
