/** What cleaning an author's HTML finds, and what it hands back. */

/** A file that the HTML shows or links to. */
export interface AssetTarget {
  /** Absolute http(s) address, or a `data:` address of an image (see `dataUrlBytes`). */
  readonly url: string;
  readonly kind: 'image' | 'audio' | 'video' | 'file';
  /** For people and downloads; from the address, else a word for the kind. */
  readonly fileName: string;
  /** Set for images that have one. */
  readonly alt: string | null;
}

/** A link to a page: of the old school, which has to be resolved once everything is imported, or of anybody else. */
export interface LinkTarget {
  /** Absolute http(s) address; as the author wrote it when it is relative and the school's address is not known. */
  readonly href: string;
  readonly absolute: boolean;
}

/** Content of a third party, shown in a frame. */
export interface Embed {
  /** An https address of a known host that a sandboxed frame may show; null when the host is not known. */
  readonly frameUrl: string | null;
  /** Known host's name, for people. */
  readonly provider: string | null;
  /** As the author wrote it. Never rendered. */
  readonly sourceHtml: string;
}

/** Says which of our files (`fil_…`) an asset became; null leaves the image out and turns the link into plain text. */
export type ResolveAsset = (assetUrl: string) => string | null;

/** A stretch of text, or an embed between two of them. */
export type PreparedPart =
  | { readonly kind: 'text'; render(resolve: ResolveAsset): string }
  | { readonly kind: 'embed'; readonly embed: Embed };

/** Cleaned HTML whose files are not known yet. */
export interface PreparedHtml {
  /** In the order of the text; each address once. */
  readonly assets: readonly AssetTarget[];
  /** In the order of the text; each address once. */
  readonly links: readonly LinkTarget[];
  readonly embeds: readonly Embed[];
  /** What was dropped although it may have meant something: `<script>`, `onclick`, `a[href] javascript:`. Each once. */
  readonly removed: readonly string[];
  /** The text cut at its embeds, in order. Empty when nothing is left. */
  readonly parts: readonly PreparedPart[];
  /** The whole as one piece of HTML in which embeds are links to what they show; for places that hold no blocks. */
  render(resolve: ResolveAsset): string;
}
