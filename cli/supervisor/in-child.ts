import { exitCodes, failureLine } from '../failure.ts';
import type { ChildMessage } from './child.ts';

function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}

/**
 * Runs a service until it is asked to stop: on SIGTERM or SIGINT, or when the supervisor that started it is gone.
 *
 * @param start starts the service; what it returns is told to the supervisor
 */
export async function runService(
  start: () => Promise<{ readonly url: string; stop(): Promise<void> }>,
  onReady?: (url: string) => void,
): Promise<void> {
  // Nobody would ever stop a service whose supervisor died while it was still starting.
  const giveUp = () => process.exit(exitCodes.failed);
  const isOrphan = process.send !== undefined && !process.connected;
  if (isOrphan) giveUp();
  process.once('disconnect', giveUp);

  let service: { readonly url: string; stop(): Promise<void> };
  try {
    service = await start();
  } catch (error) {
    await tell({ type: 'failed', message: failureLine(error) });
    throw error;
  }

  process.off('disconnect', giveUp);
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
    process.once('disconnect', resolve);
  });
  await tell({ type: 'ready', url: service.url });
  onReady?.(service.url);
  await stopped;
  await service.stop();
}
