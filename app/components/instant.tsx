import { formatInstant } from '../lib/format.ts';

/** A point in time, in UTC. */
export function Instant({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} className="whitespace-nowrap">
      {formatInstant(at)}
    </time>
  );
}
