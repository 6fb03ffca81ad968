import { describe, expect, it } from 'vitest';
import { renderHtml } from './render.ts';

const ownLink = 'https://school.example/courses/1/lectures/2?a=1&b=2';
const show = (html: string) =>
  renderHtml(html, {
    file: (id) => (id === 'fil_1' ? { url: '/files/fil_1' } : null),
    link: (href) => (href === ownLink ? '/courses/crs_1' : null),
  });

describe('rendered HTML', () => {
  it('shows images from our own addresses, with their size', () => {
    const file = { url: '/files/fil_1?v="1"', width: 640, height: 480 };

    expect(
      renderHtml('<p><img data-file="fil_1" alt="A hive"></p>', { file: () => file, link: () => null }),
    ).toBe(
      '<p><img alt="A hive" width="640" height="480" src="/files/fil_1?v=&quot;1&quot;" loading="lazy" decoding="async"></p>',
    );
    expect(
      renderHtml('<img data-file="fil_1" width="50">', { file: () => file, link: () => null }),
    ).toContain('width="50" src=');
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
