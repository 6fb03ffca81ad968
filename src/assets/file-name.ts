/** Most file systems take 255 bytes; ours leaves room for what a browser adds to a second download, as in ` (1)`. */
const longestNameBytes = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
const invisible = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Names that Windows keeps for devices. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A name that every file system and download header takes: composed Unicode (NFC), no separators, control or
 * direction-changing characters, not hidden, at most 200 bytes of UTF-8 with its own extension kept.
 *
 * @param extension appended when the name has none
 */
export function safeFileName(name: string | null | undefined, extension: string): string {
  const cleaned = Buffer.from(name ?? '')
    .toString()
    .replace(invisible, '')
    .replace(/[\\/:*?"<>|]/g, '_')
    .replace(/\s+/g, ' ')
    .normalize('NFC');
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(cleaned.trimEnd())?.[0] ?? `.${extension}`;
  const stem = cleaned.trimEnd().endsWith(ending) ? cleaned.trimEnd().slice(0, -ending.length) : cleaned;
  const short = trim(shorten(trim(stem), longestNameBytes - ending.length)) || 'file';
  return `${reserved.test(short) ? '_' : ''}${short}${ending}`;
}

/** Windows drops dots and spaces at the end; one at the beginning hides a file elsewhere. */
function trim(stem: string): string {
  return stem.replace(/^[. ]+|[. ]+$/g, '');
}

/** Cuts between characters, so that no half of one stays. */
function shorten(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > maxBytes) break;
    kept += segment;
  }
  return kept;
}
