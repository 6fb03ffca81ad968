import type { FileView } from '../../src/courses/types.ts';
import { pictureOf } from '../lib/picture.ts';
import { Picture, type PictureProps } from './picture.tsx';

export interface CourseImageProps extends Omit<PictureProps, 'picture'> {
  readonly image: FileView | null;
}

/** An image of the course, where there is one that a browser can show. */
export function CourseImage({ image, ...props }: CourseImageProps) {
  const picture = image && pictureOf(image);
  return picture && <Picture picture={picture} {...props} />;
}
