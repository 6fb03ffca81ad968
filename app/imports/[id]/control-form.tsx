'use client';

import { type ReactNode, useActionState } from 'react';
import { SubmitButton, type SubmitButtonProps } from '../../components/submit-button.tsx';
import { Field, FieldError, type FieldProps } from '../field.tsx';
import { control } from './actions.ts';

export interface ControlFormProps {
  readonly importId: string;
  readonly verb: string;
  readonly label: string;
  readonly pendingLabel: string;
  readonly tone?: NonNullable<SubmitButtonProps['tone']>;
  /** What has to be told for it. Its error is what the verb refused. */
  readonly field?: Omit<FieldProps, 'error'>;
  /** What to know before the button is pressed. */
  readonly children?: ReactNode;
}

/** A button that does one thing about an import, and tells why it could not. */
export function ControlForm({
  importId,
  verb,
  label,
  pendingLabel,
  tone = 'plain',
  field,
  children,
}: ControlFormProps) {
  const [{ problem, monthlyCalls }, action] = useActionState(control, { problem: null, monthlyCalls: null });
  const error = problem ?? undefined;
  const typed = field?.name === 'monthlyCalls' && monthlyCalls !== null ? { defaultValue: monthlyCalls } : {};
  return (
    <form action={action} className="max-w-prose">
      <input type="hidden" name="importId" value={importId} />
      <input type="hidden" name="verb" value={verb} />
      {children}
      {field && (
        <div className="mb-4">
          <Field {...field} {...typed} error={error} />
        </div>
      )}
      <SubmitButton pendingLabel={pendingLabel} tone={tone}>
        {label}
      </SubmitButton>
      {!field && <FieldError id={`control-${verb}-error`} error={error} />}
    </form>
  );
}

/** The same, asking once more before it acts; works without a script. */
export function ConfirmedForm({
  question,
  children,
  ...form
}: ControlFormProps & { readonly question: string }) {
  return (
    <details>
      <summary className="button w-fit list-none [&::-webkit-details-marker]:hidden">{question}</summary>
      <div className="card mt-3 max-w-prose p-4">
        <ControlForm {...form} tone="danger">
          <div className="mb-4">{children}</div>
        </ControlForm>
      </div>
    </details>
  );
}
