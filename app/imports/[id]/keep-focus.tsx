'use client';

import { useEffect, useRef } from 'react';

/**
 * Moves the focus to an element when something changed and what had the focus went with it: whoever works by keyboard or ear
 * stays in the list, and hears how many are left.
 */
export function KeepFocus({ target, when }: { readonly target: string; readonly when: number }) {
  const seen = useRef(when);
  useEffect(() => {
    if (seen.current === when) return;
    seen.current = when;
    if (document.activeElement === document.body) document.getElementById(target)?.focus();
  }, [target, when]);
  return null;
}
