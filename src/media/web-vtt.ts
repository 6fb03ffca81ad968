/** A piece of text and when it is shown; seconds. */
export interface Cue {
  readonly startS: number;
  readonly endS: number;
  /** Where it is shown, such as `line:0 align:start`; empty for the usual place. */
  readonly settings: string;
  /** One or more lines, in WebVTT's own markup. */
  readonly text: string;
}

/** Ties a time of the file to a stamp of 90 kHz of the video (RFC 8216 §3.5). */
export interface TimestampMap {
  readonly localS: number;
  readonly ticks: number;
}

const timing = /^(\S+)[ \t]+-->[ \t]+(\S+)(?:[ \t]+(.*))?$/;

/**
 * Reads a WebVTT file (W3C, WebVTT: The Web Video Text Tracks Format §4). Notes and styles are left out, as is a block that
 * is no cue.
 *
 * @throws Error for a file of another kind
 */
export function parseWebVtt(text: string): { readonly map: TimestampMap | null; readonly cues: Cue[] } {
  const blocks = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split(/\n{2,}/);
  const [header = ''] = blocks;
  if (!/^WEBVTT(?=[ \t\n]|$)/.test(header)) throw new Error('its subtitles are no WebVTT');
  return { map: parseMap(header), cues: blocks.flatMap((block) => parseCue(block) ?? []) };
}

/** The same cues as one file. */
export function writeWebVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ startS, endS, settings, text }) => {
    const times = `${formatTime(startS)} --> ${formatTime(endS)}${settings ? ` ${settings}` : ''}`;
    return `${times}\n${text}\n`;
  });
  return ['WEBVTT\n', ...blocks].join('\n');
}

function parseMap(header: string): TimestampMap | null {
  const line = /^X-TIMESTAMP-MAP=(.*)$/m.exec(header)?.[1] ?? '';
  const ticks = /MPEGTS:(\d+)/.exec(line)?.[1];
  const local = parseTime(/LOCAL:([\d:.]+)/.exec(line)?.[1] ?? '');
  return ticks === undefined || local === null ? null : { ticks: Number(ticks), localS: local };
}

function parseCue(block: string): Cue | null {
  const lines = block.split('\n');
  const at = lines.findIndex((line) => line.includes('-->'));
  // A name may stand before the times.
  if (at < 0 || at > 1) return null;
  const [, start = '', end = '', settings = ''] = timing.exec(lines[at]?.trim() ?? '') ?? [];
  const [startS, endS] = [parseTime(start), parseTime(end)];
  const text = lines
    .slice(at + 1)
    .join('\n')
    .trim();
  return startS === null || endS === null || text === ''
    ? null
    : { startS, endS, settings: settings.trim(), text };
}

/** `hh:mm:ss.ttt`, the hours may be missing. */
function parseTime(text: string): number | null {
  const [, hours = 0, minutes, seconds] = /^(?:(\d+):)?(\d{2}):(\d{2}\.\d{3})$/.exec(text) ?? [];
  if (minutes === undefined) return null;
  // Whole milliseconds: sums of fractions would not be the number that was written.
  const ms = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Math.round(Number(seconds) * 1_000);
  return ms / 1_000;
}

function formatTime(timeS: number): string {
  const totalMs = Math.round(timeS * 1000);
  const pad = (value: number, length: number) => String(Math.floor(value)).padStart(length, '0');
  const [hours, minutes] = [pad(totalMs / 3_600_000, 2), pad((totalMs / 60_000) % 60, 2)];
  return `${hours}:${minutes}:${pad((totalMs / 1000) % 60, 2)}.${pad(totalMs % 1000, 3)}`;
}
