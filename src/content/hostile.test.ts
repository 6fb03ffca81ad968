import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors/app-error.ts';
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

const vectors = [
  // scripts
  '<script>alert(1)</script>',
  '<SCRIPT SRC=//evil.example/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<script>alert(1)//',
  '<<script>alert(1);//<</script>',
  '<script/x>alert(1)</script>',
  '<img src="x"><script\u0000>alert(1)</script>',
  // handlers
  '<img src=x onerror=alert(1)>',
  '<img/src="x"/onerror="alert(1)">',
  '<p onclick="alert(1)" onMouseOver=alert(1)>a</p>',
  '<video src=x onerror=alert(1)><source onerror=alert(1)></video>',
  '<details open ontoggle=alert(1)>a</details>',
  '<a href="https://a.example" onfocus=alert(1) autofocus tabindex=1>a</a>',
  '<p on\nclick=alert(1)>a</p>',
  '<body onload=alert(1)>a',
  '<marquee onstart=alert(1)>a</marquee>',
  // addresses
  '<a href="javascript:alert(1)">a</a>',
  '<a href=" JaVaScRiPt:alert(1)">a</a>',
  '<a href="java\nscript:alert(1)">a</a>',
  '<a href="java&#10;script&colon;alert(1)">a</a>',
  '<a href="&#x6A;avascript&#58;alert(1)">a</a>',
  '<a href="\u0001javascript:alert(1)">a</a>',
  '<a href="vbscript:msgbox(1)">a</a>',
  '<a href="data:text/html,<script>alert(1)</script>">a</a>',
  '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">a</a>',
  '<a href="blob:https://a.example/1">a</a>',
  '<a href="file:///etc/passwd">a</a>',
  '<a href="view-source:javascript:alert(1)">a</a>',
  '<a href="//evil.example\\@good.example/">a</a>',
  '<a href="https://user:password@evil.example/">a</a>',
  '<a xlink:href="javascript:alert(1)">a</a>',
  '<a href="x" target=_blank rel=opener ping=https://evil.example download>a</a>',
  '<img src="javascript:alert(1)">',
  '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
  '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">',
  '<img src=x srcset="javascript:alert(1) 1x" lowsrc="javascript:alert(1)" dynsrc="javascript:alert(1)">',
  '<video poster="javascript:alert(1)" src="https://a.example/a.mp4"></video>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<blockquote cite="javascript:alert(1)">a</blockquote>',
  '<table background="javascript:alert(1)"><tr><td background="javascript:alert(1)">a</table>',
  // foreign content
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>a</text></a></svg>',
  '<svg><animate attributeName=href values=javascript:alert(1) /></svg>',
  '<svg><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>',
  '<svg><style><img src=x onerror=alert(1)></style></svg>',
  '<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">a</maction></math>',
  '<math href="javascript:alert(1)">a</math>',
  // styles, templates, documents
  '<style>@import "javascript:alert(1)"; p { background: url(javascript:alert(1)) }</style><p>a</p>',
  '<p style="background:url(javascript:alert(1));position:fixed;inset:0;behavior:url(x)">a</p>',
  '<template><script>alert(1)</script></template>',
  '<template shadowrootmode=open><img src=x onerror=alert(1)></template>',
  '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
  '<base href="javascript:/a/">',
  '<link rel=stylesheet href="https://evil.example/a.css">',
  '<object data="javascript:alert(1)"></object>',
  '<embed src="javascript:alert(1)">',
  '<applet code="x">a</applet>',
  '<form action="javascript:alert(1)"><input type=image src=x formaction="javascript:alert(1)"><button>a</button></form>',
  '<isindex type=image src=1 onerror=alert(1)>',
  '<frameset><frame src="javascript:alert(1)"></frameset>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  '<textarea><img src=x onerror=alert(1)></textarea>',
  '<title><img src=x onerror=alert(1)></title>',
  '<xmp><img src=x onerror=alert(1)></xmp>',
  '<plaintext><img src=x onerror=alert(1)>',
  '<noembed><img src=x onerror=alert(1)></noembed>',
  '<!--[if gte IE 4]><script>alert(1)</script><![endif]--><p>a</p>',
  '<!-- --!><img src=x onerror=alert(1)> -->',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<?xml version="1.0"?><p>a</p>',
  // clobbering and forged marks
  '<img name=getElementById id=body src=x><form id=test></form>',
  '<img data-file="fil_other" src="x">',
  '<img data-asset="0"><iframe data-embed="0"></iframe>',
  '<a data-file="fil_other" data-asset="9">a</a>',
  '<video data-file="../../x">a</video>',
  // mutations: what is one tree now is another when it is read again
  '<svg></p><style><a title="</style><img src=x onerror=alert(1)>">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(1)&gt;">',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<svg><desc><noscript>&lt;/noscript>&lt;img src=x onerror=alert(1)>',
  '<p><svg><title><a id="</title><img src=x onerror=alert(1)>"></a></title></svg>',
  '<math><annotation-xml encoding="text/html"><style><img src=x onerror=alert(1)></style></annotation-xml></math>',
  '<select><style></select><img src=x onerror=alert(1)></style>',
  '<option><style></option></select><img src=x onerror=alert(1)></style>',
  '<table><tr><td><svg><desc><td></svg><img src=x onerror=alert(1)>',
  '<a><table><tr><td><a href="javascript:alert(1)">a</a></table>',
  '<noscript><style></noscript><img src=x onerror=alert(1)></style>',
  // broken
  '<p title="',
  '<a href="https://a.example/',
  '<img src="https://a.example/a.png" alt="><script>alert(1)</script>',
  '</p></div></body></html><script>alert(1)</script>',
  '<p><b><i></p>a</b>b</i>',
  '<',
  '<!',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '\u0000<script>',
];

describe('hostile HTML', () => {
  it.each(vectors)('leaves nothing that runs, loads or submits of %j', (vector) => {
    const stored = clean(vector);

    expect(offencesIn(stored)).toEqual([]);
    expect(clean(`<p>before</p>${vector}`)).toContain('before');
  });

  it.each(vectors)('does no harm either when it comes around the first cleaning: %j', (vector) => {
    const shown = renderHtml(vector, { file: () => ({ url: '/files/1' }), link: () => null });

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
