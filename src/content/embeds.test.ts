import { describe, expect, it } from 'vitest';
import { readEmbed } from './embeds.ts';
import { frameOf, frameSources } from './providers.ts';

describe('an address of a known host', () => {
  it.each([
    [
      'https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42s',
      'https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?start=42',
    ],
    ['http://youtu.be/dQw4w9WgXcQ', 'https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ'],
    ['//www.youtube.com/embed/dQw4w9WgXcQ?rel=0', 'https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ'],
    ['https://m.youtube.com/shorts/dQw4w9WgXcQ', 'https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ'],
    ['https://vimeo.com/76979871/abc123', 'https://player.vimeo.com/video/76979871?h=abc123'],
    ['https://player.vimeo.com/video/76979871?h=ff&title=0', 'https://player.vimeo.com/video/76979871?h=ff'],
    ['https://www.loom.com/share/0123abcd?sid=1', 'https://www.loom.com/embed/0123abcd'],
    ['https://school.wistia.com/medias/abc123', 'https://fast.wistia.net/embed/iframe/abc123'],
    ['https://fast.wistia.com/embed/medias/abc123.jsonp', 'https://fast.wistia.net/embed/iframe/abc123'],
    [
      'https://docs.google.com/forms/d/e/XYZ/viewform?embedded=true',
      'https://docs.google.com/forms/d/e/XYZ/viewform?embedded=true',
    ],
    ['https://drive.google.com/file/d/X-1/view', 'https://drive.google.com/file/d/X-1/preview'],
    ['https://www.google.com/maps/embed?pb=1', 'https://www.google.com/maps/embed?pb=1'],
    ['https://school.typeform.com/to/AbC1', 'https://school.typeform.com/to/AbC1'],
    ['https://calendly.com/ada/hour', 'https://calendly.com/ada/hour'],
    ['https://www.canva.com/design/DAF-1/view', 'https://www.canva.com/design/DAF-1/view?embed='],
    [
      'https://soundcloud.com/ada/song',
      'https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fada%2Fsong',
    ],
    ['https://open.spotify.com/episode/4Tq?si=1', 'https://open.spotify.com/embed/episode/4Tq'],
    ['https://codepen.io/ada/pen/abc', 'https://codepen.io/ada/embed/abc'],
    [
      'https://www.figma.com/file/1/a',
      'https://www.figma.com/embed?embed_host=share&url=https%3A%2F%2Fwww.figma.com%2Ffile%2F1%2Fa',
    ],
  ])('%s is framed as %s', (address, frameUrl) => {
    expect(frameOf(address)?.frameUrl).toBe(frameUrl);
  });

  it.each([
    'https://youtube.com.evil.example/embed/dQw4w9WgXcQ',
    'https://evil.example/youtube.com/embed/dQw4w9WgXcQ',
    'https://notyoutube.com/embed/dQw4w9WgXcQ',
    'https://www.youtube.com:8443/embed/dQw4w9WgXcQ',
    'https://www.youtube.com@evil.example/embed/dQw4w9WgXcQ',
    'https://www.youtube.com/embed/<script>',
    'https://www.youtube.com/redirect?q=https://evil.example',
    'https://www.google.com/url?q=https://evil.example',
    'javascript:alert(1)//www.youtube.com/embed/dQw4w9WgXcQ',
    'data:text/html,https://youtu.be/dQw4w9WgXcQ',
    '/embed/dQw4w9WgXcQ',
    '',
  ])('is not %s', (address) => {
    expect(frameOf(address)).toBeNull();
  });

  it('has its frame allowed by the content security policy', () => {
    const allowed = (url: string) =>
      frameSources.some((source) => {
        const host = source.replace('https://', '');
        const { hostname } = new URL(url);
        return host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host;
      });

    for (const address of [
      'https://youtu.be/dQw4w9WgXcQ',
      'https://vimeo.com/1',
      'https://a.wistia.com/medias/b',
    ]) {
      expect(allowed(frameOf(address)?.frameUrl ?? 'https://nowhere.example')).toBe(true);
    }
    expect(allowed('https://evil.example')).toBe(false);
  });
});

describe('embed code', () => {
  it('shows its frame, upgraded to https', () => {
    const html =
      '<p>Watch:</p><iframe src="http://player.vimeo.com/video/1" frameborder="0"></iframe><script src="x"></script>';

    expect(readEmbed({ html })).toEqual({
      frameUrl: 'https://player.vimeo.com/video/1',
      provider: 'Vimeo',
      sourceHtml: html,
    });
  });

  it.each([
    '<script src="https://evil.example/widget.js"></script>',
    '<iframe src="https://evil.example/"></iframe>',
    '<iframe srcdoc="<script>1</script>"></iframe>',
    '<div>'.repeat(100_000),
    'not HTML at all',
    '',
  ])('of an unknown host has no frame and keeps its source', (html) => {
    expect(readEmbed({ html })).toEqual({ frameUrl: null, provider: null, sourceHtml: html });
  });

  it('may be a pasted link alone', () => {
    expect(readEmbed({ html: null, url: 'https://youtu.be/dQw4w9WgXcQ' })).toEqual({
      frameUrl: 'https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ',
      provider: 'YouTube',
      sourceHtml: 'https://youtu.be/dQw4w9WgXcQ',
    });
  });
});
