const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Which private hosts an operator means to allow by naming this API address: for a school simulated on this machine, its port
 * under every name of this machine, for its asset hosts are told apart by name (RFC 6761: `*.localhost` is loopback).
 */
export function privateHostsOf(apiUrl: string): readonly string[] {
  const { hostname, port, protocol } = new URL(apiUrl);
  const number = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  if (!loopbackNames.has(hostname)) return [`${hostname}:${number}`];
  return [...loopbackNames, '*.localhost'].map((name) => `${name}:${number}`);
}

/** `ALLOWED_PRIVATE_HOSTS` with more entries. */
export function allowPrivateHosts(known: readonly string[], more: readonly string[]): string {
  return [...new Set([...known, ...more])].join(',');
}
