import { Placeholder } from './placeholder.tsx';
import { SourceText } from './source-text.tsx';

export interface EmbedProps {
  readonly frameUrl: string | null;
  readonly provider: string | null;
  readonly sourceHtml: string;
}

/**
 * A known host's player or form in a frame that cannot touch our page or navigate it; anything else only as its source text.
 * The frame keeps its own origin: that is the host's, never ours.
 */
export function Embed({ frameUrl, provider, sourceHtml }: EmbedProps) {
  if (frameUrl === null) {
    return (
      <Placeholder title="An embed that is not shown">
        <p>
          It is of a service that Courseport does not know, so it does not run here. It was kept as it came.
        </p>
        <SourceText label="Its source" text={sourceHtml} />
      </Placeholder>
    );
  }
  const name = provider ?? new URL(frameUrl).hostname;
  return (
    <figure>
      <iframe
        src={frameUrl}
        title={`Embedded from ${name}`}
        loading="lazy"
        sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-presentation"
        allow="fullscreen; picture-in-picture; encrypted-media"
        referrerPolicy="strict-origin-when-cross-origin"
        className="aspect-video w-full rounded-xl border border-line bg-sunken"
      />
      <figcaption className="mt-2 text-muted text-sm">
        From {name}.{' '}
        <a className="link" href={frameUrl} target="_blank" rel="noopener noreferrer nofollow">
          Open it there
        </a>
      </figcaption>
    </figure>
  );
}
