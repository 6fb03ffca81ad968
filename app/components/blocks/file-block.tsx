import type { FileView } from '../../../src/courses/types.ts';
import type { FileKind } from '../../../src/db/schema/assets.ts';
import { formatBytes } from '../../../src/lib/format-bytes.ts';
import { downloadUrl, fileUrl } from '../../lib/file-urls.ts';
import { formatDuration } from '../../lib/format.ts';
import { CourseImage } from '../course-image.tsx';
import { Placeholder } from './placeholder.tsx';

export interface FileBlockProps {
  /** What the lesson has it as; the bytes may have turned out to be something else, then it is a download. */
  readonly kind: FileKind;
  readonly file: FileView | undefined;
  readonly alt: string | null;
}

const kindNames: Readonly<Record<FileKind, string>> = {
  image: 'image',
  video: 'video',
  audio: 'audio file',
  pdf: 'PDF',
  file: 'file',
};

/** A file of a lesson: a player, the picture or the document itself where the browser has one, and always a download. */
export function FileBlock({ kind, file, alt }: FileBlockProps) {
  if (!file?.asset) {
    return (
      <Placeholder title={`A missing ${kindNames[kind]}${file ? `: ${file.name}` : ''}`}>
        <p>Its bytes are still on their way, or could not be had. The import’s issues say which.</p>
      </Placeholder>
    );
  }
  return (
    <figure>
      <Player kind={kind} file={file} asset={file.asset} alt={alt} />
      <figcaption className="mt-2 flex flex-wrap items-baseline gap-x-3 text-sm">
        <a className="link wrap-anywhere" href={downloadUrl(file.id)}>
          Download {file.name}
        </a>
        <span className="text-muted">{facts(file.asset)}</span>
      </figcaption>
    </figure>
  );
}

type Asset = NonNullable<FileView['asset']>;

function Player({
  kind,
  file,
  asset,
  alt,
}: FileBlockProps & { readonly file: FileView; readonly asset: Asset }) {
  const url = fileUrl(file.id);
  const type = asset.contentType;
  const size = asset.width && asset.height ? { width: asset.width, height: asset.height } : {};

  if (kind === 'video' && type.startsWith('video/')) {
    return (
      <video
        controls
        preload="metadata"
        playsInline
        aria-label={file.name}
        src={url}
        {...(file.posterFileId === null ? {} : { poster: fileUrl(file.posterFileId) })}
        {...size}
        className="aspect-video h-auto max-h-[75vh] w-full rounded-xl bg-black"
      >
        {file.tracks.map(({ fileId, language, label }) => (
          <track
            key={fileId}
            kind="subtitles"
            src={fileUrl(fileId)}
            // A track of subtitles has to have one (HTML §4.8.12); "und" is BCP 47's word for none.
            srcLang={language ?? 'und'}
            label={label}
          />
        ))}
      </video>
    );
  }
  if (kind === 'audio' && type.startsWith('audio/')) {
    // biome-ignore lint/a11y/useMediaCaption: captions are not part of what the source gives
    return <audio controls preload="metadata" aria-label={file.name} src={url} className="w-full" />;
  }
  if (kind === 'image') {
    return <CourseImage image={file} alt={alt ?? ''} className="h-auto max-w-full rounded-xl" />;
  }
  if (kind === 'pdf' && type === 'application/pdf') {
    // Phones have no viewer inside a page; they get the links alone.
    return (
      <iframe
        src={url}
        title={file.name}
        loading="lazy"
        className="h-[80vh] w-full rounded-xl border border-line bg-sunken max-sm:hidden"
      />
    );
  }
  return null;
}

function facts({ bytes, durationMs, extension }: Asset): string {
  return [
    extension.toUpperCase(),
    formatBytes(bytes),
    durationMs === null ? null : formatDuration(durationMs),
  ]
    .filter(Boolean)
    .join(', ');
}
