import type { Channel, HlsStream } from './hls-stream.ts';
import { ADTS, BufferSource, Input, MP3, MP4, MPEG_TS } from './mediabunny.ts';
import type { PlaylistSegment } from './playlist.ts';

/** A segment and where it stands in the video. */
export interface Segment {
  readonly input: Input;
  /** To be added to the segment's own time stamps; seconds. */
  readonly offsetS: number;
  readonly startS: number;
  /** To be added to the stream's clock; the same for all segments until it is set anew. */
  readonly clockS: number;
  /** As the playlist has it. */
  readonly listedS: number;
  readonly timeline: number;
}

/** What the stamps of transport streams and packed audio count: a clock of 90 kHz in 33 bits. */
export const ticksPerSecond = 90_000;

/** The formats of RFC 8216 §3; `MP4` is fragmented MP4. */
const formats = [MPEG_TS, MP4, ADTS, MP3];

/** Picture and sound may be in neighbouring segments at the same time. */
const heldSegments = 2;

/** A pause in the stamps that is taken as one; behind a longer one, or a step back, the clock was set anew. */
const longestPauseS = 10;

/**
 * Opens the segments of a channel one after the other; a segment is in memory while it is read, and the next one on its way.
 * Finds their place in the video: stamps count on from segment to segment until a discontinuity (RFC 8216 §4.3.2.3), or until
 * they jump, which packagers let happen without one.
 */
export class SegmentReader {
  readonly #stream: HlsStream;
  readonly #channel: Channel;
  readonly #clock: StreamClock | null;
  readonly #held = new Map<number, Promise<Segment>>();
  #coming: { readonly index: number; readonly bytes: Promise<Buffer> } | null = null;

  /** @param clock where several channels have to agree; null when this is the only one */
  constructor(stream: HlsStream, channel: Channel, clock: StreamClock | null) {
    this.#stream = stream;
    this.#channel = channel;
    this.#clock = clock;
  }

  /** @returns null behind the last segment */
  async open(index: number): Promise<Segment | null> {
    const segments = await this.#stream.segments(this.#channel);
    const listed = segments[index];
    if (!listed) return null;
    let segment = this.#held.get(index);
    if (!segment) {
      segment = this.#place(index, listed, this.#held.get(index - 1));
      this.#held.set(index, segment);
      this.#held.delete(index - heldSegments);
    }
    return segment;
  }

  async #place(
    index: number,
    { timeline, durationS }: PlaylistSegment,
    before: Promise<Segment> | undefined,
  ): Promise<Segment> {
    const previous = before ? await before : null;
    const bytes = await this.#fetch(index);
    if ((await this.#stream.segments(this.#channel)).length > index + 1) void this.#fetch(index + 1);

    const { input, baseS, firstS, stamped } = await openSegment(bytes);
    const clockS = await this.#clockOf(firstS, stamped, timeline, previous);
    return {
      input,
      offsetS: baseS + clockS,
      startS: firstS + clockS,
      clockS,
      listedS: durationS,
      timeline,
    };
  }

  #fetch(index: number): Promise<Buffer> {
    if (this.#coming?.index === index) return this.#coming.bytes;
    const bytes = this.#stream.readSegment(this.#channel, index);
    // Whoever opens the segment hears of its failure.
    bytes.catch(() => {});
    this.#coming = { index, bytes };
    return bytes;
  }

  async #clockOf(
    firstS: number,
    stamped: boolean,
    timeline: number,
    previous: Segment | null,
  ): Promise<number> {
    if (previous && stamped && previous.timeline === timeline) {
      const startS = firstS + previous.clockS;
      if (startS > previous.startS && startS < previous.startS + previous.listedS + longestPauseS)
        return previous.clockS;
    }
    if (stamped && this.#clock && previous?.timeline !== timeline) return this.#clock.offsetOf(timeline);
    const endS = previous ? previous.offsetS + (await previous.input.computeDuration()) : 0;
    return endS - firstS;
  }
}

/** The clock that the channels of a stream share: where the stamps of each timeline stand in the video. */
export class StreamClock {
  readonly #stream: HlsStream;
  readonly #offsets = new Map<number, Promise<number>>();

  constructor(stream: HlsStream) {
    this.#stream = stream;
  }

  /** What is to be added to the stamps of a timeline; seconds. */
  offsetOf(timeline: number): Promise<number> {
    const known = this.#offsets.get(timeline);
    if (known) return known;
    const offset = this.#read(timeline);
    this.#offsets.set(timeline, offset);
    return offset;
  }

  async #read(timeline: number): Promise<number> {
    const segments = await this.#stream.segments('main');
    const first = segments.findIndex((segment) => segment.timeline === timeline);
    if (first < 0) throw new Error('its sound or subtitles have a part that its picture has not');
    const { input, firstS } = await openSegment(await this.#stream.readSegment('main', first));
    input.dispose();
    return segments.slice(0, first).reduce((sum, { durationS }) => sum + durationS, 0) - firstS;
  }
}

/** `baseS` is what packed audio, whose own stamps begin at 0, has in front of it. */
async function openSegment(bytes: Buffer) {
  const input = new Input({ formats, source: new BufferSource(bytes) });
  const format = await input.getFormat();
  const isPacked = format === ADTS || format === MP3;
  const packedS = isPacked ? packedAudioStart(bytes) : 0;
  const baseS = packedS ?? 0;
  return { input, baseS, firstS: (await input.getFirstTimestamp()) + baseS, stamped: packedS !== null };
}

const timestampOwner = 'com.apple.streaming.transportStreamTimestamp\0';

/** The stamp that packed audio carries in an ID3 tag (RFC 8216 §3.4); null when it has none. */
function packedAudioStart(bytes: Buffer): number | null {
  const tag = bytes.subarray(0, 1024);
  const at = tag.indexOf(timestampOwner, 0, 'latin1');
  const stampAt = at + timestampOwner.length;
  if (at < 0 || stampAt + 8 > tag.length) return null;
  return Number(tag.readBigUInt64BE(stampAt)) / ticksPerSecond;
}
