import { describe, expect, it } from 'vitest';
import { prepareHtml } from './prepare.ts';
import type { PreparedHtml } from './types.ts';

const cdn = 'https://cdn.fs.teachablecdn.com';

/** Every asset gets the file `fil_` and its number in the text. */
function stored(prepared: PreparedHtml): string {
  return prepared.render((url) => `fil_${prepared.assets.findIndex((asset) => asset.url === url) + 1}`);
}

const clean = (html: string) => stored(prepareHtml(html));

describe('prepared HTML', () => {
  it('is the same for both editors', () => {
    const redactor =
      '<p>A beekeeper.\n</p>\n<p><span style="font-family:Arial;">Since <b>2009</b>.</span>\n</p>\n<p><br>\n</p>\n<ul>\n\t<li>Hive,\ntools\n\t</li>\n\t<li>The year\n\t<ul>\n\t\t<li>Spring</li>\n\t</ul></li>\n</ul>';
    const quill =
      '<p class="">A beekeeper.</p><p style="color: rgb(130, 13, 13);">Since <strong>2009</strong>.</p><p><br class="softbreak"></p><ul><li>Hive, tools</li><li>The year<ul><li>Spring</li></ul></li></ul><p><br></p>';

    expect(clean(redactor)).toBe(
      '<p>A beekeeper.</p><p>Since <strong>2009</strong>.</p><ul><li>Hive, tools</li><li>The year<ul><li>Spring</li></ul></li></ul>',
    );
    expect(clean(quill)).toBe(clean(redactor));
  });

  it.each([
    ['<p class="ql-align-center ql-size-huge">a</p>', '<p class="align-center">a</p>'],
    ['<p style="color:red; text-align: right">a</p>', '<p class="align-right">a</p>'],
    ['<center>a</center>', '<p class="align-center">a</p>'],
    ['<p class="ql-direction-rtl">a</p>', '<p dir="rtl">a</p>'],
    ['<ul><li class="ql-indent-2">a</li></ul>', '<ul><li class="indent-2">a</li></ul>'],
    ['<p class="align-center evil fr-view">a</p>', '<p class="align-center">a</p>'],
  ])('keeps the looks that carry meaning: %s', (html, expected) => {
    expect(clean(html)).toBe(expected);
  });

  it.each([
    ['bare <b>text</b>', '<p>bare <strong>text</strong></p>'],
    ['<div>one</div><div>two<br></div>', '<p>one</p><p>two</p>'],
    ['<div><p>one</p>two</div>', '<p>one</p><p>two</p>'],
    ['<p><p>nested</p></p>', '<p>nested</p>'],
    ['<p>a<br>b</p>', '<p>a<br>b</p>'],
    ['<p>&nbsp;</p><p> <b> </b> </p><h2></h2><ul><li></li></ul>', ''],
    ['a<b> </b>b', '<p>a b</p>'],
    ['<pre class="ql-syntax">if (a) {\n\n  b();\n}</pre>', '<pre>if (a) {\n\n  b();\n}</pre>'],
    [
      '<b style="font-weight:normal"><span style="font-weight:700">bold</span> not</b>',
      '<p><strong>bold</strong> not</p>',
    ],
    [
      '<table><tr><td>a</td><td></td></tr></table>',
      '<table><tbody><tr><td>a</td><td></td></tr></tbody></table>',
    ],
    ['<hr><p>a</p>', '<hr><p>a</p>'],
    ['<constructor>a</constructor><toString>b</toString>', '<p>ab</p>'],
    ['pro\u00adcessor 🖌️', '<p>pro\u00adcessor 🖌️</p>'],
    ['', ''],
  ])('is tidy: %j', (html, expected) => {
    expect(clean(html)).toBe(expected);
  });
});

describe('files in HTML', () => {
  it('are images, media, and links to where uploads lie, each once', () => {
    const prepared = prepareHtml(
      `<p><img src="${cdn}/A" alt="A hive"><img src="${cdn}/A"><a href="https://x.cloudfront.net/ABCDEFGHIJKLMNOPQRST_Blatt%201.pdf">sheet</a></p><audio src="${cdn}/B"></audio><video><source src="${cdn}/C"></video><a href="${cdn}/D"> The  list </a>`,
    );

    expect(prepared.assets).toEqual([
      { url: `${cdn}/A`, kind: 'image', fileName: 'image', alt: 'A hive' },
      {
        url: 'https://x.cloudfront.net/ABCDEFGHIJKLMNOPQRST_Blatt%201.pdf',
        kind: 'file',
        fileName: 'Blatt 1.pdf',
        alt: null,
      },
      { url: `${cdn}/B`, kind: 'audio', fileName: 'audio', alt: null },
      { url: `${cdn}/C`, kind: 'video', fileName: 'video', alt: null },
      { url: `${cdn}/D`, kind: 'file', fileName: 'The list', alt: null },
    ]);
    expect(stored(prepared)).toBe(
      '<p><img alt="A hive" data-file="fil_1"><img data-file="fil_1"><a data-file="fil_2">sheet</a></p><p><audio data-file="fil_3"></audio><video data-file="fil_4"></video><a data-file="fil_5"> The list</a></p>',
    );
  });

  it.each([
    '//cdn.fs.teachablecdn.com/A',
    ' https://cdn.fs.teachablecdn.com/A ',
    'https:/cdn.fs.teachablecdn.com/A',
    'HTTPS://CDN.FS.TEACHABLECDN.COM/A',
  ])('have absolute addresses although written %j', (src) => {
    expect(prepareHtml(`<img src="${src}">`).assets).toMatchObject([{ url: `${cdn}/A` }]);
  });

  it('are found where a stand-in serves in place of the host', () => {
    const { assets, links } = prepareHtml(
      '<a href="http://cdn.fs.teachablecdn.com.localhost:4010/A">a</a><a href="http://localhost:4010/B">b</a>',
    );

    expect(assets.map(({ url }) => url)).toEqual(['http://cdn.fs.teachablecdn.com.localhost:4010/A']);
    expect(links.map(({ href }) => href)).toEqual(['http://localhost:4010/B']);
  });

  it('that are in the text itself keep their data address', () => {
    const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==';

    const prepared = prepareHtml(`<p><img src="${pixel}" alt="dot"></p>`);

    expect(prepared.assets).toEqual([{ url: pixel, kind: 'image', fileName: 'image', alt: 'dot' }]);
    expect(stored(prepared)).toBe('<p><img alt="dot" data-file="fil_1"></p>');
  });

  it('that nobody has become their description, and the link’s own text', () => {
    const prepared = prepareHtml(`<p>x <img src="${cdn}/A" alt="A hive"> <a href="${cdn}/B">sheet</a></p>`);

    expect(prepared.render(() => null)).toBe('<p>x A hive sheet</p>');
  });

  it('that cannot be fetched from anywhere are told', () => {
    const { assets, removed } = prepareHtml(
      '<img src="/images/logo.png"><img src="file:///c:/a.png"><img alt="x"><img src="data:image/svg+xml,x">',
    );

    expect(assets).toEqual([]);
    expect(removed).toEqual(['img[src] relative', 'img[src] file:', 'img[src] missing', 'img[src] data:']);
  });
});

describe('links in HTML', () => {
  const html =
    '<p><a href="https://a.example/x?a=1&amp;b=2" target="_blank">a</a><a href="/courses/5">b</a><a href="mailto:a@b.example">c</a><a href="tel:+49123">d</a><a href="#top">e</a></p>';

  it('stay where they lead somewhere; relative ones wait for the school’s address', () => {
    const prepared = prepareHtml(html);

    expect(stored(prepared)).toBe(
      '<p><a href="https://a.example/x?a=1&amp;b=2">a</a><a data-source-href="/courses/5">b</a><a href="mailto:a@b.example">c</a><a href="tel:+49123">d</a><a data-source-href="#top">e</a></p>',
    );
    expect(prepared.links).toEqual([
      { href: 'https://a.example/x?a=1&b=2', absolute: true },
      { href: '/courses/5', absolute: false },
      { href: '#top', absolute: false },
    ]);
  });

  it('are absolute once the school’s address is known', () => {
    const prepared = prepareHtml(html, { baseUrl: 'https://school.example/' });

    expect(prepared.links.map(({ href }) => href)).toContain('https://school.example/courses/5');
    expect(prepareHtml(html, { baseUrl: 'nonsense' }).links).toEqual(prepareHtml(html).links);
  });
});

describe('embeds in HTML', () => {
  const youtube = '<iframe src="https://www.youtube.com/embed/abcdefghijk" width="640"></iframe>';
  const partsOf = (html: string) =>
    prepareHtml(html).parts.map((part) =>
      part.kind === 'text' ? part.render(() => 'fil_1') : part.embed.provider,
    );

  it.each([
    [`<p>a</p>${youtube}<p>b</p>`, ['<p>a</p>', 'YouTube', '<p>b</p>']],
    [
      `<p class="ql-align-center">a ${youtube} b</p>`,
      ['<p class="align-center">a</p>', 'YouTube', '<p class="align-center">b</p>'],
    ],
    [
      `<ul><li>a</li><li>b${youtube}</li><li>c</li></ul>`,
      ['<ul><li>a</li><li>b</li></ul>', 'YouTube', '<ul><li>c</li></ul>'],
    ],
    [
      `<table><tr><td>a${youtube}</td><td>b</td></tr></table>`,
      ['<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>', 'YouTube'],
    ],
    [`${youtube}${youtube}`, ['YouTube', 'YouTube']],
    [`<p>${youtube}</p>`, ['YouTube']],
    [`<div><div>${youtube}</div></div><br>`, ['YouTube']],
    ['<p>no embed</p>', ['<p>no embed</p>']],
    ['<p><br></p>', []],
  ])('cut the text in order: %s', (html, parts) => {
    expect(partsOf(html)).toEqual(parts);
  });

  it('keep what the author wrote, also when the host is not known', () => {
    const [embed] = prepareHtml(
      '<iframe src="https://forms.example/x" onload="alert(1)">Loading…</iframe>',
    ).embeds;

    expect(embed).toMatchObject({ frameUrl: null, provider: null });
    expect(embed?.sourceHtml).toContain('https://forms.example/x');
  });

  it('are widgets of known hosts too', () => {
    expect(
      partsOf('<p>a</p><div class="calendly-inline-widget" data-url="https://calendly.com/ada/hour"></div>'),
    ).toEqual(['<p>a</p>', 'Calendly']);
    expect(partsOf('<div class="wistia_embed wistia_async_abc123xyz videoFoam=true">&nbsp;</div>')).toEqual([
      'Wistia',
    ]);
  });

  it('are links where there is no room for blocks', () => {
    expect(clean(`<p>a${youtube}b</p>`)).toBe(
      '<p>a</p><p><a href="https://www.youtube-nocookie.com/embed/abcdefghijk">YouTube</a></p><p>b</p>',
    );
  });
});
