/**
 * A `Content-Disposition` value for a file name of any alphabet: a plain ASCII name for old readers and the real one beside it
 * (RFC 6266 §4, Appendix D; RFC 8187 §3.2).
 */
export function contentDisposition(type: 'inline' | 'attachment', fileName: string): string {
  const name = wellFormed(fileName);
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const header = `${type}; filename="${plain}"`;
  return plain === name ? header : `${header}; filename*=UTF-8''${encodeValue(name)}`;
}

/** Half a surrogate pair cannot be written as UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** `encodeURIComponent` leaves four characters that RFC 8187 wants encoded. */
function encodeValue(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
