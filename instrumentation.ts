/** How often events that a crash or an unreachable engine left behind are looked for. */
const relayIntervalMs = 5_000;

/**
 * Next.js calls this once when its server starts: the web host relays the outbox, as the plain worker does.
 *
 * Source: https://nextjs.org/docs/app/guides/instrumentation
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const [{ getContext }, { startOutboxRelay }] = await Promise.all([
    import('./src/context.ts'),
    import('./src/jobs/outbox-relay.ts'),
  ]);
  startOutboxRelay(getContext().database, { intervalMs: relayIntervalMs });
}
