/** Boxes that contain boxes, on the way from `moov` to the tables that are changed here (ISO/IEC 14496-12). */
const containers: readonly string[] = ['moov', 'trak', 'mdia', 'minf', 'stbl'];

/** Boxes that begin with version, flags, creation time and modification time. */
const dated: readonly string[] = ['mvhd', 'tkhd', 'mdhd'];

/**
 * Prepares an MP4's `moov` box for standing before the media instead of behind it: every chunk offset grows by
 * `shiftBytes`. Also clears the times of creation, so that the same media always gives the same bytes.
 *
 * @returns a changed copy, or null when an offset no longer fits its 32 bits
 */
export function prepareMoov(moov: Uint8Array, shiftBytes: number): Uint8Array | null {
  const copy = Uint8Array.from(moov);
  const view = new DataView(copy.buffer);
  let fits = true;

  function visit(start: number, end: number): void {
    for (let at = start; at + 8 <= end; ) {
      const size = view.getUint32(at);
      const type = String.fromCharCode(...copy.subarray(at + 4, at + 8));
      if (size < 8 || at + size > end)
        throw new Error(`Cannot read the MP4 box "${type}": its size ${size} is wrong`);
      if (containers.includes(type)) visit(at + 8, at + size);
      if (dated.includes(type)) copy.fill(0, at + 12, at + (copy[at + 8] === 1 ? 28 : 20));
      if (type === 'stco') shift32(at + 12);
      if (type === 'co64') shift64(at + 12);
      at += size;
    }
  }

  function shift32(at: number): void {
    for (let entry = 0; entry < view.getUint32(at); entry++) {
      const position = at + 4 + 4 * entry;
      const shifted = view.getUint32(position) + shiftBytes;
      if (shifted >= 2 ** 32) fits = false;
      view.setUint32(position, shifted);
    }
  }

  function shift64(at: number): void {
    for (let entry = 0; entry < view.getUint32(at); entry++) {
      const position = at + 4 + 8 * entry;
      view.setBigUint64(position, view.getBigUint64(position) + BigInt(shiftBytes));
    }
  }

  visit(0, copy.length);
  return fits ? copy : null;
}
