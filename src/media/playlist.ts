/** What a playlist lists, in its own order. Addresses are absolute and may be signed. */
export interface Playlist {
  readonly url: string;
  /** Streams of a master playlist; empty in a media playlist. */
  readonly variants: readonly Variant[];
  /** Sound and subtitles that stand beside the streams. */
  readonly renditions: readonly Rendition[];
  readonly segments: readonly PlaylistSegment[];
  /** True when no segment will ever be added. */
  readonly ended: boolean;
  /** The text without addresses: equal shapes list the same content under other signatures. */
  readonly shape: string;
}

export interface Variant {
  readonly url: string;
  /** Bits per second: the average where it is told, else the peak; 0 when neither is. */
  readonly bitrate: number;
  readonly pixels: number;
  /** RFC 6381 names; empty when the playlist does not tell. */
  readonly codecs: readonly string[];
  readonly highDynamicRange: boolean;
  readonly audioGroup: string | null;
  readonly subtitleGroup: string | null;
}

export interface Rendition {
  readonly type: string;
  readonly group: string;
  /** Null when it is part of the variant's own segments. */
  readonly url: string | null;
  readonly name: string;
  /** BCP 47, or null when it is not told. */
  readonly language: string | null;
  readonly isDefault: boolean;
  readonly autoselect: boolean;
}

export interface PlaylistSegment extends Part {
  readonly durationS: number;
  /** How many discontinuities precede it; time stamps continue only within one number. */
  readonly timeline: number;
  /** What has to precede its bytes; null where they stand alone. */
  readonly map: Part | null;
}

/** A resource or a range of it, as it comes over the wire. */
export interface Part {
  readonly url: string;
  readonly byteRange: ByteRange | null;
  readonly key: SegmentKey | null;
}

interface ByteRange {
  readonly start: number;
  readonly length: number;
}

export interface SegmentKey {
  readonly method: string;
  /** `identity` where the address holds the key itself. */
  readonly format: string;
  readonly url: string;
  readonly iv: Uint8Array;
}

type Attributes = ReadonlyMap<string, string>;

/**
 * Reads an HLS playlist (RFC 8216 §4), master or media.
 *
 * @throws Error saying what is wrong with it
 */
export function parsePlaylist(text: string, url: string): Playlist {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines[0]?.replace(/^\uFEFF/, '') !== '#EXTM3U') throw new Error('it is no playlist');

  const variants: Variant[] = [];
  const renditions: Rendition[] = [];
  const segments: PlaylistSegment[] = [];
  const shape: string[] = [];
  let ended = false;
  let stream: Attributes | null = null;
  let durationS: number | null = null;
  let sequence = 0;
  let timeline = 0;
  let byteRange: ByteRange | null = null;
  let rangeEnd = 0;
  let key: Attributes | null = null;
  let map: Part | null = null;

  const resolve = (address: string): string => {
    if (!URL.canParse(address, url)) throw new Error('it lists an invalid address');
    return new URL(address, url).href;
  };

  const keyOfNext = () => key && toKey(key, url, sequence + segments.length);

  for (const line of lines) {
    if (line === '' || (line.startsWith('#') && !line.startsWith('#EXT'))) continue;
    if (!line.startsWith('#')) {
      shape.push('');
      const address = resolve(line);
      if (stream) variants.push(toVariant(stream, address));
      else if (durationS !== null)
        segments.push({ url: address, durationS, timeline, byteRange, key: keyOfNext(), map });
      else throw new Error('it lists a segment without a duration');
      stream = null;
      durationS = null;
      byteRange = null;
      continue;
    }

    const colon = line.indexOf(':');
    const tag = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1);
    shape.push(line.replace(/\bURI="[^"]*"/, ''));
    switch (tag) {
      case '#EXT-X-STREAM-INF':
        stream = parseAttributes(value);
        break;
      case '#EXT-X-MEDIA':
        renditions.push(toRendition(parseAttributes(value), resolve));
        break;
      case '#EXTINF':
        durationS = Number(value.split(',')[0]);
        if (!(durationS >= 0)) throw new Error('it lists a segment without a duration');
        break;
      case '#EXT-X-MEDIA-SEQUENCE':
        sequence = Number(value);
        break;
      case '#EXT-X-DISCONTINUITY':
        timeline++;
        break;
      case '#EXT-X-BYTERANGE':
        byteRange = toByteRange(value, rangeEnd);
        rangeEnd = byteRange.start + byteRange.length;
        break;
      case '#EXT-X-KEY': {
        const attributes = parseAttributes(value);
        key = attributes.get('METHOD') === 'NONE' ? null : attributes;
        if (key) resolve(key.get('URI') ?? '');
        break;
      }
      case '#EXT-X-MAP': {
        const attributes = parseAttributes(value);
        const range = attributes.get('BYTERANGE');
        map = {
          url: resolve(attributes.get('URI') ?? ''),
          byteRange: range === undefined ? null : toByteRange(range, 0),
          key: keyOfNext(),
        };
        break;
      }
      case '#EXT-X-ENDLIST':
        ended = true;
        break;
      case '#EXT-X-PLAYLIST-TYPE':
        // Such a playlist must not change (§4.3.3.5), so it is whole without an end tag too.
        ended ||= value.toUpperCase() === 'VOD';
        break;
    }
  }
  return { url, variants, renditions, segments, ended, shape: shape.join('\n') };
}

/** Attribute lists (§4.2): names in capitals, values bare or in double quotes. */
function parseAttributes(text: string): Attributes {
  return new Map(
    [...text.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^",]*))/g)].map(
      ([, name = '', quoted, bare]) => [name, quoted ?? bare?.trim() ?? ''] as const,
    ),
  );
}

function toVariant(attributes: Attributes, url: string): Variant {
  const [, width = 0, height = 0] = /^(\d+)x(\d+)$/.exec(attributes.get('RESOLUTION') ?? '') ?? [];
  return {
    url,
    bitrate: Number(attributes.get('AVERAGE-BANDWIDTH') ?? attributes.get('BANDWIDTH') ?? 0) || 0,
    pixels: Number(width) * Number(height),
    codecs: (attributes.get('CODECS') ?? '')
      .split(',')
      .map((codec) => codec.trim())
      .filter(Boolean),
    highDynamicRange: /^(PQ|HLG)$/.test(attributes.get('VIDEO-RANGE') ?? ''),
    audioGroup: attributes.get('AUDIO') ?? null,
    subtitleGroup: attributes.get('SUBTITLES') ?? null,
  };
}

function toRendition(attributes: Attributes, resolve: (address: string) => string): Rendition {
  const address = attributes.get('URI');
  const isDefault = attributes.get('DEFAULT') === 'YES';
  return {
    type: attributes.get('TYPE') ?? '',
    group: attributes.get('GROUP-ID') ?? '',
    url: address === undefined ? null : resolve(address),
    name: attributes.get('NAME') ?? '',
    language: attributes.get('LANGUAGE') ?? null,
    isDefault,
    autoselect: isDefault || attributes.get('AUTOSELECT') === 'YES',
  };
}

function toByteRange(text: string, impliedStart: number): ByteRange {
  const [, length, start = impliedStart] = /^(\d+)(?:@(\d+))?$/.exec(text) ?? [];
  if (length === undefined) throw new Error('it lists a byte range that is none');
  return { start: Number(start), length: Number(length) };
}

/** Without an IV the segment's number is the IV, in big-endian order (§5.2). */
function toKey(attributes: Attributes, base: string, sequence: number): SegmentKey {
  const iv = new Uint8Array(16);
  const hex = /^0x([0-9a-f]{1,32})$/i.exec(attributes.get('IV') ?? '')?.[1];
  if (hex === undefined) new DataView(iv.buffer).setBigUint64(8, BigInt(sequence));
  else iv.set(Buffer.from(hex.padStart(32, '0'), 'hex'));
  return {
    method: attributes.get('METHOD') ?? '',
    format: attributes.get('KEYFORMAT') ?? 'identity',
    url: new URL(attributes.get('URI') ?? '', base).href,
    iv,
  };
}
