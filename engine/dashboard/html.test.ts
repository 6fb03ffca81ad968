import fc from 'fast-check';
import { type DefaultTreeAdapterMap, parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import { html } from './html.ts';

/** Characters that mean something in HTML, among others. */
const hostileText = fc
  .array(fc.oneof(fc.constantFrom('<', '>', '"', "'", '&', '&lt;', '<script>', '-->', '/', '='), fc.string()))
  // Parsers replace these, whatever stands around them.
  .map((parts) => parts.join('').replaceAll(/[\0\r]/g, ''));

describe('html', () => {
  it('never lets a text become markup, in text or in attributes', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const page = html`<p title="${text}">${[text, html`<b>${text}</b>`]}</p>`.text;

        const [paragraph, ...others] = parseFragment(page).childNodes;

        expect(others).toEqual([]);
        expect(describeNode(paragraph)).toEqual({
          name: 'p',
          attributes: [['title', text]],
          children: [
            ...(text === '' ? [] : [text]),
            { name: 'b', attributes: [], children: text === '' ? [] : [text] },
          ],
        });
      }),
    );
  });

  it('writes numbers, and nothing for null', () => {
    expect(html`<i>${1}${null}${[2, [3]]}</i>`.text).toBe('<i>123</i>');
  });
});

type Node = DefaultTreeAdapterMap['childNode'];

function describeNode(node: Node | undefined): unknown {
  if (node === undefined) return null;
  if (node.nodeName === '#text' && 'value' in node) return node.value;
  if (!('attrs' in node)) return node.nodeName;
  return {
    name: node.nodeName,
    attributes: node.attrs.map(({ name, value }) => [name, value]),
    children: node.childNodes.map(describeNode),
  };
}
