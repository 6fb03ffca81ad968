import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors/app-error.ts';
import { cleanSvg, maxSvgBytes } from './svg.ts';

const clean = (text: string) => cleanSvg(Buffer.from(text));
const open = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" width="40" height="20"';

describe('cleanSvg', () => {
  it('keeps what makes a drawing', () => {
    const inside = [
      '<title>A &#60;lake&#62;</title>',
      '<defs><linearGradient id="g" gradientUnits="userSpaceOnUse"><stop offset="0" stop-color="#fff"/></linearGradient></defs>',
      '<style>.a{fill:url(#g);stroke:#000}.a&#62;.b{opacity:.5}</style>',
      '<g class="a" transform="rotate(5)"><path d="M0 0h9" style="stroke-width:2"/></g>',
      '<clipPath id="c"><circle r="4"/></clipPath><rect fill="url(#g)" clip-path="url(#c)"/>',
      '<use href="#c"/><text x="1"><tspan>n &#38; m</tspan></text>',
      '<image width="9" href="data:image/png;base64,iVBORw0KGgo="/>',
    ].join('');

    expect(clean(`<?xml version="1.0"?><!DOCTYPE svg><!-- by hand -->${open}>${inside}</svg>`).text).toBe(
      `${open}>${inside}</svg>\n`,
    );
  });

  it('reads what drawing programs write: declared entities, links, choices, and references of the older form', () => {
    const text = `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/a.dtd" [
      <!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/"> ]>
      <svg viewBox="0 0 40 20" xmlns:i="&ns_ai;" xmlns:xlink="http://www.w3.org/1999/xlink"><switch>
      <foreignObject requiredExtensions="&ns_ai;"/><g i:extraneous="self"><a href="https://a.example"><path d="M0 0"/></a></g>
      </switch><use xlink:href="#a" href="#b"/></svg>`;

    expect(clean(text).text.replace(/\s+/g, ' ')).toBe(
      `${open}> <g><path d="M0 0"/></g> <use href="#b"/></svg> `,
    );
  });

  it.each([
    ['viewBox="0 0 40 20"', 40, 20],
    ['width="80" height="40px" viewBox="0 0 40 20"', 80, 40],
    ['width="80" viewBox="0 0 40 20"', 80, 40],
    ['width="100%" height="100%" viewBox="-5,-5 40.4,20"', 40, 20],
    ['width="80" height="40"', 80, 40],
    ['width="80mm" height="40mm"', 300, 150],
    ['viewBox="0 0 0 20"', 300, 150],
    ['viewBox="0 0 1e9 1"', 16_383, 1],
    ['', 300, 150],
  ])('takes the size of <svg %s>', (attributes, width, height) => {
    const { text, ...size } = clean(`<svg ${attributes}><path/></svg>`);

    expect(size).toEqual({ width, height });
    expect(text).toMatch(
      /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="[^"]+" width="\d+" height="\d+"><path\/>/,
    );
  });

  const nested = Array.from(
    { length: 9 },
    (_, n) => `<g id="g${n + 1}">${`<use href="#g${n}"/>`.repeat(10)}</g>`,
  ).join('');
  it.each([
    ['draws billions', `<svg><g id="g0"><path/></g>${nested}</svg>`, 'draws more than'],
    ['draws itself', '<svg id="a"><use href="#a"/></svg>', 'inside of itself'],
    ['holds only a page', '<svg><foreignObject><p>a</p></foreignObject></svg>', 'nothing is left'],
    ['is cut by HTML', '<svg><path/><p>a</p><path/></svg>', 'not one whole'],
    ['is two', '<svg><path/></svg><svg><path/></svg>', 'not one whole'],
    ['is text', 'a drawing', 'not one whole'],
    ['has too many elements', `<svg>${'<path/>'.repeat(20_001)}</svg>`, 'too many elements'],
    ['is nested without end', `<svg>${'<g>'.repeat(300)}<path/></svg>`, 'too many elements'],
    ['is one document type after the other', '<!DOCTYPE'.repeat(100_000), 'not one whole'],
    ['is too large', `<svg><path d="${' '.repeat(maxSvgBytes)}"/></svg>`, 'more than'],
  ])('refuses what %s, and says so', (_what, text, reason) => {
    expect(() => clean(text)).toThrow(
      expect.objectContaining({
        code: 'ASSET_TYPE_WRONG',
        retry: 'never',
        publicMessage: expect.stringContaining(reason),
      }),
    );
  });

  it('refuses what is not UTF-8', () => {
    expect(() => cleanSvg(Buffer.from('<svg><text>\xfc</text></svg>', 'latin1'))).toThrow('not in UTF-8');
  });

  it('changes nothing the second time, whatever it is given', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<g>',
        '</g>',
        '<path d="',
        '"/>',
        '<style>',
        '</style>',
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        '&lt;',
        '&#1;',
      ),
      fc.constantFrom(
        ' href="',
        'xlink:href=',
        'url(#a)',
        '<text>',
        '<title>',
        '<a ',
        '<use ',
        ' id="a"',
        '\u0000',
        '<p>',
      ),
      fc.string({ maxLength: 8, unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        let once: string;
        try {
          once = clean(`<svg><rect/>${pieces.join('')}</svg>`).text;
        } catch (error) {
          if (isAppError(error, 'ASSET_TYPE_WRONG')) return;
          throw error;
        }
        expect(clean(once).text).toBe(once);
      }),
    );
  });
});
