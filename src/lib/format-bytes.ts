const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people: decimal units (IEC 80000-13: 1 kB is 1000 bytes), one decimal place below 10. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}
