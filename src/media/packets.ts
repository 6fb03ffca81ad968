import {
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  type Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  type Output,
} from './mediabunny.ts';

/** One track on its way: what comes next, and where it goes. */
interface Lane {
  readonly packets: AsyncGenerator<EncodedPacket, void>;
  next: EncodedPacket | null;
  readonly add: (packet: EncodedPacket) => Promise<void>;
}

/**
 * Copies the best picture and its sound, packet by packet in the order of their time stamps, beginning at 0. One packet
 * at a time, so that the same stream gives the same file however its parts arrive.
 *
 * @throws Error when there is nothing to copy or it cannot be copied whole
 */
export async function copyTracks(input: Input, output: Output): Promise<void> {
  const video = await input.getPrimaryVideoTrack();
  const audio = await input.getPrimaryAudioTrack();
  const tracks = [video, audio].filter((track) => track !== null);
  if (tracks.length === 0) throw new Error('it has neither picture nor sound');
  for (const track of tracks) {
    if (await track.isLive()) throw new Error('it is a live stream that has not ended');
  }

  const startS = await input.getFirstTimestamp(tracks);
  const lanes: Lane[] = [];
  if (video) lanes.push(await openVideoLane(video, output));
  if (audio) lanes.push(await openAudioLane(audio, output));
  try {
    await output.start();
    for (const lane of lanes) await advance(lane);
    for (let lane = earliest(lanes); lane?.next; lane = earliest(lanes)) {
      await lane.add(lane.next.clone({ timestamp: lane.next.timestamp - startS }));
      await advance(lane);
    }
    await output.finalize();
  } catch (error) {
    await output.cancel();
    throw error;
  } finally {
    for (const { packets } of lanes) await packets.return();
  }
}

async function openVideoLane(track: InputVideoTrack, output: Output): Promise<Lane> {
  const codec = await track.getCodec();
  if (codec === null) throw new Error('its picture has an unknown codec');
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source, { rotation: await track.getRotation() });
  const decoderConfig = await track.getDecoderConfig();
  const meta = decoderConfig ? { decoderConfig } : {};
  let latestS = Number.NEGATIVE_INFINITY;
  return {
    packets: packetsOf(track),
    next: null,
    add(packet) {
      // A key frame that shows before frames already written does not begin a new group, whatever its stream says.
      const type = packet.timestamp < latestS ? 'delta' : packet.type;
      latestS = Math.max(latestS, packet.timestamp);
      return source.add(packet.clone({ type }), meta);
    },
  };
}

async function openAudioLane(track: InputAudioTrack, output: Output): Promise<Lane> {
  const codec = await track.getCodec();
  if (codec === null) throw new Error('its sound has an unknown codec');
  const source = new EncodedAudioPacketSource(codec);
  output.addAudioTrack(source);
  const decoderConfig = await track.getDecoderConfig();
  const meta = decoderConfig ? { decoderConfig } : {};
  return {
    packets: packetsOf(track),
    next: null,
    add: (packet) => source.add(packet, meta),
  };
}

/** From the first packet that can be decoded on its own. */
async function* packetsOf(track: InputTrack): AsyncGenerator<EncodedPacket, void> {
  const sink = new EncodedPacketSink(track);
  const options = { verifyKeyPackets: true };
  const first = await sink.getFirstKeyPacket(options);
  if (first) yield* sink.packets(first, undefined, options);
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
