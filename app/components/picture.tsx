import { type Picture as PictureFacts, pictureSizes } from '../lib/picture.ts';

export interface PictureProps {
  readonly picture: PictureFacts;
  readonly alt: string;
  readonly className: string;
  /** How wide it is shown, when that is not the width of the column; as in the attribute `sizes`. */
  readonly sizes?: string;
}

/** An image that is loaded when it comes near, in the form that suits the browser and the place. */
export function Picture({ picture, alt, className, sizes = pictureSizes }: PictureProps) {
  const { url, sources, ...size } = picture;
  return (
    <picture className="block">
      {sources.map(({ type, srcSet }) => (
        <source key={type} type={type} srcSet={srcSet} sizes={sizes} />
      ))}
      <img src={url} alt={alt} loading="lazy" decoding="async" {...size} className={className} />
    </picture>
  );
}
