import type { HlsStream } from './hls-stream.ts';
import {
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  type InputAudioTrack,
  type InputVideoTrack,
  type Output,
} from './mediabunny.ts';
import { type Segment, SegmentReader, StreamClock } from './segments.ts';

/** One track on its way: what comes next, and where it goes. */
interface Lane {
  readonly packets: AsyncGenerator<EncodedPacket, void>;
  next: EncodedPacket | null;
  readonly add: (packet: EncodedPacket) => Promise<void>;
}

const packetOptions = { verifyKeyPackets: true };

/**
 * Copies the picture and its sound, packet by packet in the order of their time stamps, beginning at 0. One packet at a time,
 * so that the same stream gives the same file however its parts arrive.
 *
 * @throws Error when there is nothing to copy or it cannot be copied whole
 */
export async function copyTracks(stream: HlsStream, output: Output): Promise<void> {
  const clock = stream.audio === null ? null : new StreamClock(stream);
  const main = new SegmentReader(stream, 'main', clock);
  const sound = stream.audio === null ? main : new SegmentReader(stream, stream.audio, clock);
  const video = (await (await main.open(0))?.input.getPrimaryVideoTrack()) ?? null;
  const audio = (await (await sound.open(0))?.input.getPrimaryAudioTrack()) ?? null;

  const lanes: Lane[] = [];
  if (video) lanes.push(await openVideoLane(main, video, output));
  if (audio) lanes.push(await openAudioLane(sound, audio, output));
  if (lanes.length === 0) throw new Error('it has neither picture nor sound');
  try {
    await output.start();
    for (const lane of lanes) await advance(lane);
    const startS = timeOf(earliest(lanes));
    for (let lane = earliest(lanes); lane?.next; lane = earliest(lanes)) {
      await lane.add(lane.next.clone({ timestamp: lane.next.timestamp - startS }));
      await advance(lane);
    }
    await output.finalize();
  } catch (error) {
    // What went wrong says more than that it cannot be cancelled any more.
    await output.cancel().catch(() => {});
    throw error;
  } finally {
    for (const { packets } of lanes) await packets.return();
  }
}

async function openVideoLane(reader: SegmentReader, track: InputVideoTrack, output: Output): Promise<Lane> {
  const codec = await track.getCodec();
  if (codec === null) throw new Error('its picture has an unknown codec');
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source, { rotation: await track.getRotation() });
  const decoderConfig = await track.getDecoderConfig();
  const meta = decoderConfig ? { decoderConfig } : {};
  let latestS = Number.NEGATIVE_INFINITY;
  return {
    packets: packetsOf(reader, ({ input }) => input.getPrimaryVideoTrack(), decoderConfig),
    next: null,
    add(packet) {
      // A key frame that shows before frames already written does not begin a new group, whatever its stream says.
      const type = packet.timestamp < latestS ? 'delta' : packet.type;
      latestS = Math.max(latestS, packet.timestamp);
      return source.add(packet.clone({ type }), meta);
    },
  };
}

async function openAudioLane(reader: SegmentReader, track: InputAudioTrack, output: Output): Promise<Lane> {
  const codec = await track.getCodec();
  if (codec === null) throw new Error('its sound has an unknown codec');
  const source = new EncodedAudioPacketSource(codec);
  output.addAudioTrack(source);
  const decoderConfig = await track.getDecoderConfig();
  const meta = decoderConfig ? { decoderConfig } : {};
  let latestS = Number.NEGATIVE_INFINITY;
  return {
    packets: packetsOf(reader, ({ input }) => input.getPrimaryAudioTrack(), decoderConfig),
    next: null,
    async add(packet) {
      // Where a discontinuity lets two parts overlap, the second one is heard from where the first one ends.
      if (packet.timestamp + packet.duration <= latestS) return;
      latestS = Math.max(latestS, packet.timestamp);
      await source.add(packet.clone({ timestamp: latestS }), meta);
    },
  };
}

/** From the first packet that can be decoded on its own. A segment without the track has nothing to add. */
async function* packetsOf(
  reader: SegmentReader,
  trackOf: (segment: Segment) => Promise<InputVideoTrack | InputAudioTrack | null>,
  config: DecoderConfig,
): AsyncGenerator<EncodedPacket, void> {
  let begun = false;
  for (let index = 0; ; index++) {
    const segment = await reader.open(index);
    if (!segment) return;
    const track = await trackOf(segment);
    if (!track) continue;
    assertSameCodec(config, await track.getDecoderConfig());
    const sink = new EncodedPacketSink(track);
    const first = begun
      ? await sink.getFirstPacket(packetOptions)
      : await sink.getFirstKeyPacket(packetOptions);
    if (!first) continue;
    begun = true;
    for await (const packet of sink.packets(first, undefined, packetOptions)) {
      yield packet.clone({ timestamp: packet.timestamp + segment.offsetS });
    }
  }
}

type DecoderConfig = Awaited<ReturnType<(InputVideoTrack | InputAudioTrack)['getDecoderConfig']>>;

/** A track of an MP4 is described once: what is described otherwise further on would not be decoded. */
function assertSameCodec(first: DecoderConfig, other: DecoderConfig): void {
  if (first?.codec !== other?.codec || !sameBytes(first?.description, other?.description))
    throw new Error('its parts are encoded in different ways, which do not fit into one MP4');
}

function sameBytes(
  left: AllowSharedBufferSource | undefined,
  right: AllowSharedBufferSource | undefined,
): boolean {
  if (!left || !right) return left === right;
  return toBuffer(left).equals(toBuffer(right));
}

function toBuffer(source: AllowSharedBufferSource): Buffer {
  return ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source);
}

async function advance(lane: Lane): Promise<void> {
  const { value, done } = await lane.packets.next();
  lane.next = done ? null : value;
}

function earliest(lanes: readonly Lane[]): Lane | undefined {
  return lanes
    .filter(({ next }) => next !== null)
    .reduce<Lane | undefined>((first, lane) => (timeOf(lane) < timeOf(first) ? lane : first), undefined);
}

function timeOf(lane: Lane | undefined): number {
  return lane?.next?.timestamp ?? Number.POSITIVE_INFINITY;
}
