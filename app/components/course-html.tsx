import { renderHtml } from '../../src/content/render.ts';
import type { HtmlReferences } from '../../src/courses/types.ts';
import { fileUrl, linkUrl } from '../lib/file-urls.ts';
import { pictureOf, pictureSizes } from '../lib/picture.ts';

export interface CourseHtmlProps {
  /** As stored: cleaned, with our file ids in place of addresses. */
  readonly html: string;
  readonly references: HtmlReferences;
}

/** Text that came with a course. The only place where stored HTML becomes part of a page. */
export function CourseHtml({ html, references: { files, links } }: CourseHtmlProps) {
  const safeHtml = renderHtml(html, {
    file(fileId) {
      const file = files[fileId];
      if (!file?.asset) return null;
      const picture = pictureOf(file);
      return { url: fileUrl(fileId), picture: picture && { ...picture, sizes: pictureSizes } };
    },
    link(href) {
      const link = Object.hasOwn(links, href) ? links[href] : undefined;
      return link ? linkUrl(link) : null;
    },
  });
  // biome-ignore lint/security/noDangerouslySetInnerHtml: renderHtml has just cleaned it by an allow-list, a second time
  return <div className="prose max-w-prose" dangerouslySetInnerHTML={{ __html: safeHtml }} />;
}
