'use client';

import type { ReactNode } from 'react';
import { useFormStatus } from 'react-dom';

export interface SubmitButtonProps {
  readonly children: ReactNode;
  /** Shown while the form is on its way. */
  readonly pendingLabel: string;
  readonly tone?: 'primary' | 'danger' | 'plain';
  /** Sent along when this button is the one that was pressed. */
  readonly name?: string;
  readonly value?: string;
  /** Id of what says what it is pressed for, where several buttons say the same. */
  readonly describedBy?: string;
}

const toneClasses = { primary: 'button-primary', danger: 'button-danger', plain: '' } as const;

/** Submits its form once: while that is on its way it says so and ignores further clicks, but keeps the focus. */
export function SubmitButton({
  children,
  pendingLabel,
  tone = 'primary',
  describedBy,
  ...sent
}: SubmitButtonProps) {
  const { pending, data } = useFormStatus();
  const pressed = pending && (sent.name === undefined || data?.get(sent.name) === sent.value);
  return (
    <button
      {...sent}
      type="submit"
      aria-describedby={describedBy}
      aria-disabled={pending}
      onClick={(event) => pending && event.preventDefault()}
      className={`button ${toneClasses[tone]}`}
    >
      {pressed ? pendingLabel : children}
    </button>
  );
}
