import {
  AdtsOutputFormat,
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MPEG_TS,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';

/** One track of MPEG transport stream segments in another container, packet by packet, with the same stamps. */
export interface Fragments {
  /** Initialisation section: `ftyp` and `moov`. */
  readonly init: Buffer;
  /** One for each segment: `moof` and `mdat` boxes. */
  readonly fragments: readonly Buffer[];
}

/** Fragmented MP4 of one track. */
export async function toFragments(segments: readonly Buffer[], kind: 'video' | 'audio'): Promise<Fragments> {
  const files: Buffer[] = [];
  for (const segment of segments) files.push((await repack(segment, kind, 'mp4')).bytes);
  const [first = Buffer.alloc(0)] = files;
  return {
    init: first.subarray(0, bodyOf(first)),
    fragments: files.map((file) => file.subarray(bodyOf(file))),
  };
}

/** The sound of a segment as packed audio: ADTS behind an ID3 tag that has its stamp (RFC 8216 §3.4). */
export async function toPackedAudio(segment: Buffer): Promise<Buffer> {
  const { bytes, firstS } = await repack(segment, 'audio', 'adts');
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(Math.round(firstS * 90_000)));
  const content = Buffer.concat([
    Buffer.from('com.apple.streaming.transportStreamTimestamp\0', 'latin1'),
    stamp,
  ]);
  const frame = Buffer.concat([Buffer.from('PRIV\0\0\0'), Buffer.from([content.length, 0, 0]), content]);
  const header = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0', 'latin1'), Buffer.from([frame.length])]);
  return Buffer.concat([header, frame, bytes]);
}

async function repack(
  segment: Buffer,
  kind: 'video' | 'audio',
  container: 'mp4' | 'adts',
): Promise<{ bytes: Buffer; firstS: number }> {
  const input = new Input({ formats: [MPEG_TS], source: new BufferSource(segment) });
  const target = new BufferTarget();
  const format =
    container === 'adts'
      ? new AdtsOutputFormat()
      : new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: 60 });
  const output = new Output({ target, format });
  const track = kind === 'video' ? await input.getPrimaryVideoTrack() : await input.getPrimaryAudioTrack();
  if (!track) throw new Error(`The segment has no ${kind}`);
  const decoderConfig = await track.getDecoderConfig();
  const source = kind === 'video' ? new EncodedVideoPacketSource('avc') : new EncodedAudioPacketSource('aac');
  if (source instanceof EncodedVideoPacketSource) output.addVideoTrack(source);
  else output.addAudioTrack(source);
  await output.start();
  const meta = { decoderConfig } as Parameters<EncodedVideoPacketSource['add']>[1] &
    Parameters<EncodedAudioPacketSource['add']>[1];
  for await (const packet of new EncodedPacketSink(track).packets()) await source.add(packet, meta);
  const firstS = await track.getFirstTimestamp();
  await output.finalize();
  input.dispose();
  return { bytes: Buffer.from(target.buffer ?? new ArrayBuffer(0)), firstS };
}

/** Where the initialisation section ends. */
function bodyOf(file: Buffer): number {
  let at = 0;
  while (at < file.length && file.toString('latin1', at + 4, at + 8) !== 'moof') at += file.readUInt32BE(at);
  return at;
}
