import { describe, expect, it } from 'vitest';
import { type RenderedFile, renderHtml } from './render.ts';

const ownLink = 'https://school.example/courses/1/lectures/2?a=1&b=2';
const file = {
  url: '/files/fil_1',
  picture: { url: '/files/fil_1', width: 640, height: 480, sources: [], sizes: '100vw' },
};
const show = (html: string, picture: RenderedFile['picture'] = file.picture) =>
  renderHtml(html, {
    file: (id) => (id === 'fil_1' ? { ...file, picture } : null),
    link: (href) => (href === ownLink ? '/courses/crs_1' : null),
  });

describe('rendered HTML', () => {
  it('shows images from our own addresses, with their size', () => {
    const picture = { ...file.picture, url: '/files/fil_1?v="1"' };

    expect(show('<p><img data-file="fil_1" alt="A hive"></p>', picture)).toBe(
      '<p><img alt="A hive" width="640" height="480" src="/files/fil_1?v=&quot;1&quot;" loading="lazy" decoding="async"></p>',
    );
  });

  it.each([
    ['width="64"', 'width="64" height="48"'],
    ['height="48"', 'height="48" width="64"'],
    ['width="10" height="10"', 'width="10" height="10"'],
  ])('keeps the place free for an image whose author asks for %s', (own, shown) => {
    expect(show(`<img data-file="fil_1" ${own}>`)).toContain(`<img ${shown} src=`);
  });

  it('offers the other forms of an image', () => {
    const sources = [{ type: 'image/avif', srcSet: '/files/fil_1?variant=a 480w' }];

    expect(show('<img data-file="fil_1">', { ...file.picture, sources })).toBe(
      '<picture><source type="image/avif" srcset="/files/fil_1?variant=a 480w" sizes="100vw"><img width="640" height="480" src="/files/fil_1" alt="" loading="lazy" decoding="async"></picture>',
    );
  });

  it('does not show as an image what is none', () => {
    expect(show('<img data-file="fil_1" alt="A plan">', null)).toContain('[Image not available: A plan]');
  });

  it('plays media and offers files', () => {
    expect(show('<video data-file="fil_1"></video>')).toBe(
      '<video src="/files/fil_1" controls preload="metadata" playsinline></video>',
    );
    expect(show('<a data-file="fil_1">sheet</a>')).toBe('<a href="/files/fil_1" download>sheet</a>');
  });

  it('shows where a file is missing', () => {
    expect(show('<img data-file="fil_2" alt="<b>">')).toBe(
      '<span class="missing-file">[Image not available: &lt;b>]</span>',
    );
    expect(show('<audio data-file="fil_2"></audio>')).toContain('[Audio not available]');
    expect(show('<a data-file="fil_2">sheet</a>')).toBe(
      '<span>sheet <span class="missing-file">[file not available]</span></span>',
    );
  });

  it('opens links to others apart and tells them nothing', () => {
    expect(show('<a href="https://a.example/">a</a>')).toBe(
      '<a href="https://a.example/" target="_blank" rel="noopener noreferrer nofollow">a</a>',
    );
    expect(show('<a href="mailto:a@b.example">a</a>')).toBe('<a href="mailto:a@b.example">a</a>');
    expect(show('<a data-source-href="/p/sales">a</a>')).toBe('<a>a</a>');
  });

  it('takes nobody else’s addresses', () => {
    expect(show('<img src="https://evil.example/pixel.gif">')).toBe('');
    expect(show('<img data-file="../../x" src="x">')).toBe('');
  });

  it('leads to our own page where the old school had one, and stays in the same window', () => {
    expect(show('<a href="https://school.example/courses/1/lectures/2?a=1&amp;b=2" title="x">on</a>')).toBe(
      '<a title="x" href="/courses/crs_1">on</a>',
    );
    expect(show(`<a data-source-href="${ownLink.replace('&', '&amp;')}">on</a>`)).toBe(
      '<a href="/courses/crs_1">on</a>',
    );
    expect(show('<a href="https://else.example/">on</a>')).toContain('target="_blank"');
  });
});
