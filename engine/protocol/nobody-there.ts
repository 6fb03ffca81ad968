const codes: readonly string[] = [
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  'UND_ERR_CONNECT_TIMEOUT',
];

/** Whether a request failed because nobody listens at its address: it has reached nobody. */
export function isNobodyThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
