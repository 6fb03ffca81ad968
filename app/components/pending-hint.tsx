'use client';

import { useLinkStatus } from 'next/link';

/** Inside a `Link`: a small mark while its page is on the way. Keeps its place, so nothing jumps. */
export function PendingHint() {
  const { pending } = useLinkStatus();
  return (
    <span
      aria-hidden="true"
      data-pending={pending}
      className="pending-hint ml-2 inline-block size-2 rounded-full bg-accent"
    />
  );
}
