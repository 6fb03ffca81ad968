import { Field } from './field.tsx';
import type { StartState } from './start-state.ts';

/** Asks where the school's own pages are: its API does not tell. */
export function AddressField({ errors, values }: Pick<StartState, 'errors' | 'values'>) {
  return (
    <Field
      name="schoolUrls"
      label="School’s address (optional)"
      hint="Where students open it, such as my-school.teachable.com; several with blanks between. Issues then lead to its lessons."
      inputMode="url"
      autoComplete="off"
      spellCheck={false}
      defaultValue={values.schoolUrls}
      error={errors.schoolUrls}
    />
  );
}
