import { AppError, isAppError } from '../errors/app-error.ts';
import { describeUrl } from '../http/url.ts';
import { audioOf, fittingVariant, rankVariants, subtitlesOf } from './choose-variant.ts';
import { createPartReader, type PartReader, type PartReaderOptions } from './part-reader.ts';
import { type Part, type Playlist, type PlaylistSegment, parsePlaylist, type Rendition } from './playlist.ts';

export interface StreamOptions extends PartReaderOptions {
  /** The master playlist or the playlist of one stream. May be signed. */
  readonly masterUrl: string;
  /** Asks the source for the same playlist under a fresh signature, once the present one is refused. */
  readonly freshUrl?: (() => Promise<string>) | undefined;
  /** Largest video that may come out of it. */
  readonly maxBytes: number;
}

/** Picture, or picture and sound; sound of its own; one of the subtitles, by its place in `subtitles`. */
export type Channel = 'main' | 'audio' | number;

/** Signatures of one video: at 500 s each this is more than eight hours. */
const mostRenewals = 60;

const mostPlaylistBytes = 32 * 1024 * 1024;

/**
 * An HLS stream that has ended (RFC 8216): the best of its variants, the sound and subtitles that belong to it, and their
 * segments. Signed addresses may expire on the way: the source is then asked for fresh ones, and reading goes on at the same
 * segment as long as the playlists still list the same content.
 */
export class HlsStream {
  readonly #options: StreamOptions;
  readonly #parts: PartReader;
  #playlists: Map<Channel, Playlist>;
  #subtitles: readonly Rendition[];
  readonly #maps = new Map<Channel, { readonly id: string; readonly bytes: Buffer }>();
  #renewals = 0;
  /** Something has been read with the present signature. */
  #proven = true;
  #renewing: Promise<void> | null = null;

  private constructor(options: StreamOptions, parts: PartReader, opened: Opened) {
    this.#options = options;
    this.#parts = parts;
    this.#playlists = opened.playlists;
    this.#subtitles = opened.subtitles;
  }

  /**
   * Reads the playlists and chooses among what they offer.
   *
   * @throws AppError as `PartReader` does; an Error saying why the stream cannot be played
   */
  static async open(options: StreamOptions): Promise<HlsStream> {
    const parts = createPartReader(options);
    const { masterUrl, maxBytes, freshUrl } = options;
    const opened = await openPlaylists(parts, masterUrl, maxBytes).catch(async (error: unknown) => {
      if (!freshUrl || !isAppError(error, 'VIDEO_URL_EXPIRED')) throw error;
      return openPlaylists(parts, await freshUrl(), maxBytes);
    });
    return new HlsStream(options, parts, opened);
  }

  get subtitles(): readonly Rendition[] {
    return this.#subtitles;
  }

  /** Null when the sound is with the picture. */
  get audio(): 'audio' | null {
    return this.#playlists.has('audio') ? 'audio' : null;
  }

  /** What a channel consists of. Subtitles are looked up at the first call. */
  async segments(channel: Channel): Promise<readonly PlaylistSegment[]> {
    const known = this.#playlists.get(channel);
    if (known) return known.segments;
    return this.#withSignature(async () => {
      const playlist = await openMedia(this.#parts, this.#subtitles[Number(channel)]?.url ?? '');
      this.#playlists.set(channel, playlist);
      return playlist.segments;
    });
  }

  /** A segment's bytes, deciphered, behind what they need to be understood. */
  async readSegment(channel: Channel, index: number): Promise<Buffer> {
    return this.#withSignature(async () => {
      const segment = this.#playlists.get(channel)?.segments[index];
      if (!segment) throw new RangeError(`The stream has no segment ${index}`);
      const bytes = await this.#parts.readPart(segment);
      return segment.map ? Buffer.concat([await this.#readMap(channel, segment.map), bytes]) : bytes;
    });
  }

  async #readMap(channel: Channel, map: Part): Promise<Buffer> {
    const id = `${map.url} ${map.byteRange?.start}`;
    const known = this.#maps.get(channel);
    if (known?.id === id) return known.bytes;
    const bytes = await this.#parts.readPart(map);
    this.#maps.set(channel, { id, bytes });
    return bytes;
  }

  async #withSignature<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      const renewals = this.#renewals;
      try {
        const value = await read();
        if (renewals === this.#renewals) this.#proven = true;
        return value;
      } catch (error) {
        if (!isAppError(error, 'VIDEO_URL_EXPIRED')) throw error;
        // Another reader may have renewed in the meantime.
        if (renewals === this.#renewals) await this.#renew(error);
      }
    }
  }

  /** One for all readers. A fresh signature that opens nothing is not followed by another one. */
  async #renew(refusal: unknown): Promise<void> {
    this.#renewing ??= this.#renewOnce(refusal).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renewOnce(refusal: unknown): Promise<void> {
    const { freshUrl, maxBytes } = this.#options;
    if (!freshUrl || !this.#proven || this.#renewals >= mostRenewals) throw refusal;
    const url = await freshUrl();
    const { playlists, subtitles } = await openPlaylists(this.#parts, url, maxBytes);
    for (const channel of this.#playlists.keys()) {
      if (typeof channel === 'number')
        playlists.set(channel, await openMedia(this.#parts, subtitles[channel]?.url ?? ''));
    }
    for (const [channel, { shape }] of this.#playlists) {
      if (playlists.get(channel)?.shape !== shape) throw streamChanged(url);
    }
    this.#playlists = playlists;
    this.#subtitles = subtitles;
    this.#renewals++;
    this.#proven = false;
  }
}

interface Opened {
  readonly playlists: Map<Channel, Playlist>;
  readonly subtitles: readonly Rendition[];
}

async function openPlaylists(parts: PartReader, url: string, maxBytes: number): Promise<Opened> {
  const first = await readPlaylist(parts, url);
  if (first.variants.length === 0) return { playlists: new Map([['main', checked(first)]]), subtitles: [] };

  const ranked = rankVariants(first.variants);
  let variant = ranked[0];
  if (!variant) throw new Error('it offers no stream');
  let main = await openMedia(parts, variant.url);
  const fitting = fittingVariant(ranked, durationOf(main), maxBytes);
  if (fitting && fitting !== variant) {
    variant = fitting;
    main = await openMedia(parts, variant.url);
  }

  const playlists = new Map<Channel, Playlist>([['main', main]]);
  const audio = audioOf(first, variant);
  if (audio?.url && audio.url !== variant.url) playlists.set('audio', await openMedia(parts, audio.url));
  return { playlists, subtitles: subtitlesOf(first, variant).filter(({ url }) => url !== null) };
}

async function openMedia(parts: PartReader, url: string): Promise<Playlist> {
  const playlist = await readPlaylist(parts, url);
  if (playlist.variants.length > 0) throw new Error('its playlists lead to each other and not to a video');
  return checked(playlist);
}

async function readPlaylist(parts: PartReader, address: string): Promise<Playlist> {
  const { bytes, url } = await parts.read(address, mostPlaylistBytes);
  return parsePlaylist(bytes.toString(), url);
}

function checked(playlist: Playlist): Playlist {
  const { segments, ended, url } = playlist;
  if (segments.length === 0) throw new Error('its playlist lists nothing');
  if (!ended) throw new Error('it is a live stream that has not ended');
  if (segments.some((segment) => segment.url === url))
    throw new Error('its playlist lists itself as a segment');
  return playlist;
}

function durationOf({ segments }: Playlist): number {
  return segments.reduce((sum, { durationS }) => sum + durationS, 0);
}

function streamChanged(url: string): AppError {
  return new AppError({
    code: 'VIDEO_URL_EXPIRED',
    message: `Cannot go on with the video ${describeUrl(url)}: under its fresh address it is another one, begin again`,
    publicMessage: 'This video was changed at the school while it was downloaded. It is fetched again.',
    retry: 'later',
  });
}
