import type { FileView } from '../../src/courses/types.ts';
import { fileUrl } from '../lib/file-urls.ts';

export interface CourseImageProps {
  readonly image: FileView | null;
  readonly alt: string;
  readonly className: string;
}

/** An image of the course, at its own address and size: it was stored as it came. */
export function CourseImage({ image, alt, className }: CourseImageProps) {
  if (!image?.asset) return null;
  const { width, height } = image.asset;
  return (
    // biome-ignore lint/performance/noImgElement: next/image would decode what strangers uploaded, on this server
    <img
      src={fileUrl(image.id)}
      alt={alt}
      loading="lazy"
      {...(width && height ? { width, height } : {})}
      className={className}
    />
  );
}
