/**
 * True when a `Host` header names this very machine. The pages have no sign-in yet and listen on the loopback address only; a
 * foreign name that was made to resolve to it (DNS rebinding) must not open them to a foreign page.
 */
export function isLoopbackHost(host: string | null): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host?.toLowerCase() ?? '')?.[1];
  if (name === undefined) return false;
  return (
    name === 'localhost' ||
    name === '[::1]' ||
    name.endsWith('.localhost') ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}
