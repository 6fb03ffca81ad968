import type { CourseInput } from '../courses/save-course.ts';
import type { SourceCourse } from '../sources/types.ts';
import { AssetCollector, type FoundAsset } from './found-assets.ts';
import type { Issue } from './ledger.ts';
import { type FileIdOf, planHtml } from './plan-html.ts';

export interface PlannedCourse {
  readonly assets: readonly FoundAsset[];
  readonly issues: readonly Issue[];
  /** The course's own texts and images; waits for our files' ids. */
  content(fileIdOf: FileIdOf): Omit<CourseInput, 'id' | 'organisationId'>;
}

/**
 * Maps what a course says of itself, without its sections. Pure.
 *
 * @param baseUrl the school's address, if it is known
 */
export function planCourse(course: SourceCourse, baseUrl: string | null): PlannedCourse {
  const about = { itemKind: 'course', sourceId: course.id } as const;
  const assets = new AssetCollector();
  const description =
    course.descriptionHtml === null
      ? null
      : planHtml(course.descriptionHtml, assets, { ...about, name: "the course's description", baseUrl });
  const bioHtml = course.author?.bioHtml ?? null;
  const bio =
    bioHtml === null
      ? null
      : planHtml(bioHtml, assets, { ...about, name: 'the text about the author', baseUrl });
  const image = addImage(assets, course.imageUrl, 'Course image');
  const authorImage = addImage(assets, course.author?.imageUrl ?? null, 'Author');

  return {
    assets: assets.all,
    issues: [
      ...course.remarks.map(({ blockSourceId: _none, ...remark }) => ({ ...remark, ...about })),
      ...(description?.issues ?? []),
      ...(bio?.issues ?? []),
    ],
    content: (fileIdOf) => ({
      title: course.title,
      subtitle: course.subtitle,
      descriptionHtml: description?.prepared.render(description.resolver(fileIdOf)) ?? null,
      publishedAtSource: course.published,
      imageFileId: image === null ? null : fileIdOf(image),
      authorName: course.author?.name ?? null,
      authorBioHtml: bio?.prepared.render(bio.resolver(fileIdOf)) ?? null,
      authorImageFileId: authorImage === null ? null : fileIdOf(authorImage),
    }),
  };
}

function addImage(assets: AssetCollector, url: string | null, fileName: string): string | null {
  if (url === null) return null;
  const request = { kind: 'image', url, fileName, extension: null, video: null } as const;
  return assets.add(request, { isNamed: false });
}
