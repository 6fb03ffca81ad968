/**
 * Keeps something running until SIGINT or SIGTERM, then stops it. A signal during the start stops what has started so far.
 *
 * @param start is given a function that ends the wait with an error
 * @throws what `start` throws, or what it was stopped with
 */
export async function untilStopped(
  start: (stopNow: (error: Error) => void) => Promise<{ stop(): Promise<void> }>,
): Promise<void> {
  let end: (error?: Error) => void = () => undefined;
  const ended = new Promise<Error | undefined>((resolve) => {
    end = resolve;
  });
  const onSignal = () => end();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // The terminal that was closed takes its programs with it.
  process.on('SIGHUP', onSignal);
  try {
    const running = await start(end);
    const error = await ended;
    await running.stop();
    if (error !== undefined) throw error;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    process.off('SIGHUP', onSignal);
  }
}
