/**
 * A table as CSV (RFC 4180): every cell in quotes, lines end with CR LF.
 *
 * Cells that a spreadsheet would run as a formula (beginning with `=`, `+`, `-`, `@`, a tab or CR) get an apostrophe before
 * them (OWASP, CSV injection).
 */
export function toCsv(rows: ReadonlyArray<ReadonlyArray<string | null>>): string {
  return rows.map((row) => `${row.map(toCell).join(',')}\r\n`).join('');
}

function toCell(value: string | null): string {
  const text = value ?? '';
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
