import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors/app-error.ts';
import { hostileHtml } from './hostile.fixture.ts';
import { maxDepth, maxElements, maxHtmlLength } from './parse.ts';
import { prepareHtml } from './prepare.ts';
import { renderHtml } from './render.ts';

const allowedTags = new Set(
  'a abbr audio blockquote br caption cite code dd del details dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr img ins kbd li mark ol p pre q s samp small strong sub summary sup table tbody td tfoot th thead tr u ul var video'.split(
    ' ',
  ),
);
const allowedAttributes = new Set(
  'alt class colspan data-file data-source-href dir height href reversed rowspan scope start title width'.split(
    ' ',
  ),
);

const clean = (html: string) => prepareHtml(html).render(() => 'fil_1');

/** Reads HTML again, apart from the code under test, and complains about everything that has no place in it. */
function offencesIn(html: string): string[] {
  const offences: string[] = [];
  const visit = (node: DefaultTreeAdapterTypes.ChildNode): void => {
    if (node.nodeName === '#text') return;
    if (!('tagName' in node)) {
      offences.push(node.nodeName);
      return;
    }
    if (!allowedTags.has(node.tagName)) offences.push(`<${node.tagName}>`);
    for (const { name, value } of node.attrs) {
      if (!allowedAttributes.has(name)) offences.push(`${node.tagName}[${name}]`);
      if (name === 'href' && !/^(https?:\/\/|mailto:|tel:)/.test(value)) offences.push(`href ${value}`);
      if (name === 'data-file' && !/^fil_\w+$/.test(value)) offences.push(`data-file ${value}`);
      if (name === 'class' && !/^(align-\w+|indent-\d)( (align-\w+|indent-\d))*$/.test(value)) {
        offences.push(`class ${value}`);
      }
    }
    node.childNodes.forEach(visit);
  };
  parseFragment(html).childNodes.forEach(visit);
  return offences;
}

describe('hostile HTML', () => {
  it.each(hostileHtml)('leaves nothing that runs, loads or submits of %j', (vector) => {
    const stored = clean(vector);

    expect(offencesIn(stored)).toEqual([]);
    expect(clean(`<p>before</p>${vector}`)).toContain('before');
  });

  it.each(hostileHtml)('does no harm either when it comes around the first cleaning: %j', (vector) => {
    const file = { url: '/files/1', picture: { url: '/files/1', sources: [], sizes: '' } };
    const shown = renderHtml(vector, { file: () => file, link: () => null });

    const known = ['[src]', '[loading]', '[decoding]', '[controls]', '[preload]', '[playsinline]'];
    const media = (offence: string) => known.some((name) => offence.endsWith(name));
    const links = (offence: string) => /^a\[(target|rel|download)\]$|^href \/files\/1$/.test(offence);
    // A relative link stays inside of our own site; the first cleaning has kept none.
    const relative = (offence: string) => /^href (?![a-z\s\p{Cc}]*:)/iu.test(offence);
    expect(
      offencesIn(shown).filter(
        (offence) =>
          !media(offence) && !links(offence) && !relative(offence) && !/^class missing|^<span>/.test(offence),
      ),
    ).toEqual([]);
  });

  it('is told by what was dropped of it', () => {
    const { removed } = prepareHtml(
      '<script>1</script><p onclick="1">a</p><a href="javascript:1">b</a><img src="file:///a"><svg></svg><form><input></form>',
    );

    expect(removed).toEqual([
      '<script>',
      'onclick',
      'a[href] javascript:',
      'img[src] file:',
      '<svg>',
      '<form>',
      '<input>',
    ]);
  });

  it('finds no files and links in what it drops', () => {
    const { assets, links, embeds } = prepareHtml(
      '<svg><foreignObject><img src="https://a.example/1.png"></foreignObject></svg><noscript><img src="https://a.example/2.png"></noscript><template><a href="https://a.example">a</a></template><select><iframe src="https://youtu.be/abcdefghijk"></iframe></select>',
    );

    expect([assets, links]).toEqual([[], []]);
    expect(embeds.length).toBeLessThanOrEqual(1);
  });
});

describe('HTML made to exhaust', () => {
  it.each([
    ['an attribute of 10 MB', `<p title="${'x'.repeat(10_000_000)}">a</p>`],
    ['a text of more characters than any lesson has', 'x'.repeat(maxHtmlLength + 1)],
    ['more elements than any lesson has', '<br>'.repeat(maxElements + 1)],
    [
      'elements that error correction multiplies',
      `${'<b id=1><b id=2><b id=3>'.repeat(300)}${'<p>x'.repeat(2_000)}`,
    ],
    ['deeper nesting than browsers keep', '<div>'.repeat(maxDepth + 1)],
    ['endless lists in lists', '<ul><li>'.repeat(15_000)],
    ['quotes in quotes', '<blockquote>'.repeat(19_000)],
  ])('is refused with a clear error: %s', (_what, html) => {
    let thrown: unknown;
    try {
      prepareHtml(html);
    } catch (error) {
      thrown = error;
    }

    expect(isAppError(thrown, 'CONTENT_UNREADABLE') && thrown.retry).toBe('never');
  });

  it('bounds what is kept of long attributes', () => {
    const stored = clean(
      `<img src="https://a.example/a.png" alt="${'x'.repeat(1_000_000)}"><a href="https://a.example/${'y'.repeat(100_000)}">long</a>`,
    );

    expect(stored.length).toBeLessThan(3_000);
    expect(stored).toContain('long');
  });

  it('takes thousands of attributes and unclosed tags', () => {
    const attributes = Array.from({ length: 50_000 }, (_, index) => `a${index}=1`).join(' ');

    expect(clean(`<p ${attributes}>kept</p>${'<i>'.repeat(200)}`)).toBe('<p>kept</p>');
  });
});

describe('cleaning', () => {
  const tags =
    'p div span b i a img table tr td th ul ol li svg math style script template select option form button object iframe pre h1 h2 blockquote br hr video details summary center font noscript textarea title dl dt dd figure figcaption caption mglyph mtext annotation-xml foreignObject'.split(
      ' ',
    );
  const attributes = [
    '',
    ' class="ql-align-center ql-size-huge"',
    ' style="text-align: right; color: red"',
    ' href="https://a.example/x?a=1&b=2"',
    ' href="javascript:alert(1)"',
    ' href="/p/sales"',
    ' href="https://cdn.fs.teachablecdn.com/HANDLE"',
    ' src="https://a.example/x.png" alt="x"',
    ' src="https://www.youtube.com/embed/abcdefghijk"',
    ' onerror="alert(1)"',
    ' data-file="fil_2" data-asset="0" data-embed="0"',
    ' colspan="2" dir="rtl" start="3" open',
    ' title="&quot;>&lt;/p>"',
  ];
  const piece = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...tags), fc.constantFrom(...attributes))
        .map(([tag, text]) => `<${tag}${text}>`),
    },
    { weight: 4, arbitrary: fc.constantFrom(...tags).map((tag) => `</${tag}>`) },
    {
      weight: 3,
      arbitrary: fc.constantFrom('text', ' ', '\n\t', '&nbsp;', 'a < b & c', '&lt;b&gt;', '<!-- -->', '🖌️'),
    },
    { weight: 1, arbitrary: fc.string() },
  );
  const anyHtml = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

  it('leaves nothing outside of the allow-list, whatever it is given', () => {
    fc.assert(
      fc.property(anyHtml, (html) => {
        const prepared = prepareHtml(html);

        expect(offencesIn(prepared.render(() => 'fil_1'))).toEqual([]);
        for (const part of prepared.parts) {
          if (part.kind === 'text') expect(offencesIn(part.render(() => 'fil_1'))).toEqual([]);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('writes each part of a text so that it reads back as itself', () => {
    fc.assert(
      fc.property(anyHtml, (html) => {
        for (const part of prepareHtml(html).parts) {
          if (part.kind === 'embed') continue;
          const stored = part.render(() => 'fil_1');
          const withAddresses = stored
            .replace(/(<img[^>]*?) data-file="fil_1"/g, '$1 src="https://cdn.fs.teachablecdn.com/1"')
            .replace(
              /(<(?:video|audio)[^>]*?) data-file="fil_1"/g,
              '$1 src="https://cdn.fs.teachablecdn.com/1"',
            )
            .replaceAll('data-file="fil_1"', 'href="https://cdn.fs.teachablecdn.com/1"')
            .replaceAll('data-source-href', 'href');
          expect(clean(withAddresses)).toBe(stored);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('keeps the text of what a person can see', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const wrap = fc.constantFrom('p', 'div', 'strong', 'span', 'li', 'h2', 'td', 'font', 'section', 'a', 'u');
    fc.assert(
      fc.property(fc.array(fc.tuple(wrap, word), { minLength: 1, maxLength: 20 }), (pairs) => {
        const html = pairs.map(([tag, text]) => `<${tag}>${text}</${tag}>`).join(' ');

        expect(
          clean(html)
            .replace(/<[^>]*>/g, ' ')
            .split(/\s+/)
            .filter(Boolean),
        ).toEqual(pairs.map(([, text]) => text));
      }),
    );
  });
});
