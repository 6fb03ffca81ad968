/** A piece of a file that is on the disk, as the engine remembers it between two steps. Holds no address and no secret. */
export interface AssetPart {
  /** Where it begins; 0 when the asset was begun over, and then earlier parts do not count any more. */
  readonly startByte: number;
  readonly bytes: number;
  /** Of this piece alone, in lower-case hex. */
  readonly sha256: string;
  /** What the server called the version of the file: a strong ETag or a date. */
  readonly validator: string | null;
  /** Of the whole file; null when the server has not said it. */
  readonly totalBytes: number | null;
  /** As the server claims it. */
  readonly contentType: string | null;
}

export interface PartsSoFar {
  /** Each begins where the one before it ends; the first at 0. */
  readonly parts: readonly AssetPart[];
  /** How often parts were lost, or turned out to belong to another version. */
  readonly startsOver: number;
}

export const noParts: PartsSoFar = { parts: [], startsOver: 0 };

/** A file of up to this size takes one step. A kill costs at most one part. */
const smallestPartBytes = 16 * 1024 * 1024;

/** Beyond 1 GiB parts grow with what has come, so that the largest file stays far from the 1,000 steps of a run. */
const partsBeforeGrowth = 64;

/** After that an asset is fetched in one go: machines that do not share a disk could begin it over for each other for ever. */
const mostStartsOver = 2;

/** How large the next part may be, in bytes; without limit when parts have not helped. */
export function nextPartBytes(
  { parts, startsOver }: PartsSoFar,
  smallestBytes: number = smallestPartBytes,
): number {
  if (startsOver >= mostStartsOver) return Number.POSITIVE_INFINITY;
  return Math.max(smallestBytes, Math.ceil(bytesOf(parts) / partsBeforeGrowth));
}

export function withPart({ parts, startsOver }: PartsSoFar, part: AssetPart): PartsSoFar {
  return {
    parts: [...partsBefore(parts, part.startByte), part],
    startsOver: part.startByte === 0 && parts.length > 0 ? startsOver + 1 : startsOver,
  };
}

/** The parts that still count when another one begins there. */
export function partsBefore(parts: readonly AssetPart[], startByte: number): readonly AssetPart[] {
  return parts.filter((part) => part.startByte < startByte);
}

/** True when all bytes are on the disk, and only have to be checked and stored. */
export function isComplete({ parts }: PartsSoFar): boolean {
  return parts.length > 0 && parts.at(-1)?.totalBytes === bytesOf(parts);
}

function bytesOf(parts: readonly AssetPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}
