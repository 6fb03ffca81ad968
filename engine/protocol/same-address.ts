/** Whether two URLs lead to the same place, whatever their queries. One address under several names of this machine is the same. */
export function isSameAddress(a: string, b: string): boolean {
  return normalized(a) === normalized(b);
}

function normalized(text: string): string {
  if (!URL.canParse(text)) return text;
  const { host, pathname } = new URL(text);
  return host.replace(/^(localhost|\[::1\])(?=:|$)/, '127.0.0.1') + pathname;
}
