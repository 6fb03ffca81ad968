import { internalEventPrefix } from '../protocol/names.ts';
import { isWildcard } from '../registry/event-pattern.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';

/** Names of events that start a function and that a person may send, in the order in which the function names them. */
export function startingEvents({ config }: RegisteredFunction): readonly string[] {
  return config.eventTriggers.map(({ event }) => event).filter(isSendable);
}

/** Names of events that start functions or cancel their runs. */
export function knownEvents(functions: readonly RegisteredFunction[]): readonly string[] {
  const names = functions.flatMap((fn) => [
    ...startingEvents(fn),
    ...fn.config.cancels.map(({ event }) => event).filter(isSendable),
  ]);
  return [...new Set(names)].sort();
}

function isSendable(name: string): boolean {
  return !isWildcard(name) && !name.toLowerCase().startsWith(internalEventPrefix);
}
