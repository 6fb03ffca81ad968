import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hrefsInHtml, nameLinks, readSchoolLink } from './school-links.ts';

describe('a link to a school', () => {
  it.each([
    ['https://ada.teachable.com/courses/510001/lectures/930001', 'lesson:930001'],
    ['http://learn.ada.example/courses/watercolour/lectures/930001/?preview=1#notes', 'lesson:930001'],
    ['/courses/510001/lectures/930001', 'lesson:930001'],
    ['courses/510001/lectures/930001', 'lesson:930001'],
    ['//ada.teachable.com/courses/enrolled/510001', 'course:510001'],
    ['https://ada.teachable.com/courses/510001', 'course:510001'],
    ['https://ada.teachable.com/p/water-colour', 'slug:water-colour'],
    ['/courses/gr%C3%BCn', 'slug:grün'],
    ['https://ada.teachable.com/p/a%22;return', 'nothing'],
    ['https://ada.teachable.com/courses/1/lectures/2/comments', 'nothing'],
    ['https://ada.teachable.com/courses/1/lectures/02', 'nothing'],
  ])('%s is read as %s', (href, meaning) => {
    const link = readSchoolLink(href);

    const slug = link?.slug === null ? 'nothing' : `slug:${link?.slug}`;
    expect(link?.target ? `${link.target.kind}:${link.target.sourceId}` : slug).toBe(meaning);
  });

  it('has the host in one form, none when it is relative, and keeps its fragment', () => {
    expect(readSchoolLink('HTTPS://Ada.Teachable.COM:8443/p/x#Part-2')).toMatchObject({
      host: 'ada.teachable.com:8443',
      fragment: '#Part-2',
    });
    expect(readSchoolLink('/p/x')?.host).toBe('');
    expect(readSchoolLink('mailto:ada@example.org')).toBeNull();
  });

  it('is read whatever an author wrote', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.webUrl()), (href) => void readSchoolLink(href)));
  });
});

describe('links in stored HTML', () => {
  const html =
    '<p>href="/p/no" <a href="https://a.example/courses/1/lectures/2?a=1&amp;b=2">x</a> <a data-source-href="/p/y">y</a></p>';

  it('are found by their attributes, not in the text, each as its author wrote it', () => {
    expect(hrefsInHtml(html)).toEqual(['https://a.example/courses/1/lectures/2?a=1&b=2', '/p/y']);
  });

  it('say which lesson they lead to for readers of the export', () => {
    expect(nameLinks(html)).toContain('b=2" data-link="lesson:2">x</a>');
    expect(nameLinks('<p>no link</p>')).toBe('<p>no link</p>');
  });
});
