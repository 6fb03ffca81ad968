import { SubmitButton } from '../components/submit-button.tsx';
import { AddressField } from './address-field.tsx';
import { Field, FieldError } from './field.tsx';
import { monthlyCallsField } from './monthly-calls-field.ts';
import { newSchool, type StartState } from './start-state.ts';

/** A saved school as the form offers it. */
export interface SchoolChoice {
  readonly connectionId: string;
  readonly label: string;
  readonly host: string;
}

export interface SchoolStepProps {
  readonly state: StartState;
  readonly schools: readonly SchoolChoice[];
  readonly defaultApiUrl: string;
}

/** First step: a saved school, or a new one with its API key. */
export function SchoolStep({ state, schools, defaultApiUrl }: SchoolStepProps) {
  const { errors, values, usedUpSchool } = state;
  const chosen = values.connectionId;
  return (
    <>
      <input type="hidden" name="step" value="school" />
      <fieldset className="mt-4" aria-describedby="start-connectionId-error">
        <legend className="mb-2 font-medium">Which school?</legend>
        <div className="space-y-2">
          {schools.map((school) => (
            <div key={school.connectionId} className="choice card">
              <label className="choice-head flex items-baseline gap-3 px-4 py-3">
                <input
                  type="radio"
                  name="connectionId"
                  value={school.connectionId}
                  defaultChecked={school.connectionId === chosen}
                  className="accent-accent"
                />
                <span className="min-w-0">
                  <span className="wrap-anywhere block">{school.label}</span>
                  <span className="block text-muted text-sm">{school.host}</span>
                </span>
              </label>
              {usedUpSchool?.connectionId === school.connectionId && (
                <div className="choice-body px-4 pb-4">
                  <Field
                    {...monthlyCallsField(usedUpSchool.budget)}
                    defaultValue={values.monthlyCalls}
                    error={errors.monthlyCalls}
                  />
                </div>
              )}
            </div>
          ))}
          <div className="choice card">
            <label className="choice-head flex items-baseline gap-3 px-4 py-3">
              <input
                type="radio"
                name="connectionId"
                value={newSchool}
                defaultChecked={chosen === newSchool}
                className="accent-accent"
              />
              {schools.length === 0 ? 'A Teachable school' : 'Another Teachable school'}
            </label>
            <div className="choice-body space-y-4 px-4 pb-4">
              <NewSchoolFields errors={errors} values={values} defaultApiUrl={defaultApiUrl} />
            </div>
          </div>
        </div>
        <FieldError id="start-connectionId-error" error={errors.connectionId ?? errors.form} />
      </fieldset>
      <div className="mt-5">
        <SubmitButton pendingLabel="Asking the school …">Continue to its courses</SubmitButton>
      </div>
    </>
  );
}

function NewSchoolFields({
  errors,
  values,
  defaultApiUrl,
}: Pick<StartState, 'errors' | 'values'> & { readonly defaultApiUrl: string }) {
  return (
    <>
      <Field
        name="label"
        label="Name"
        hint="How you call the school."
        defaultValue={values.label}
        maxLength={200}
        autoComplete="off"
        error={errors.label}
      />
      <Field
        name="apiKey"
        label="API key"
        type="password"
        hint="In Teachable under Settings, API. It is kept encrypted and never shown again."
        autoComplete="off"
        spellCheck={false}
        error={errors.apiKey}
      />
      <AddressField errors={errors} values={values} />
      <details open={errors.apiUrl !== undefined || values.apiUrl !== ''}>
        <summary className="w-fit text-muted text-sm">Advanced</summary>
        <div className="mt-3">
          <Field
            name="apiUrl"
            label="API address"
            type="url"
            hint={`Empty means ${defaultApiUrl}`}
            placeholder={defaultApiUrl}
            defaultValue={values.apiUrl}
            error={errors.apiUrl}
          />
        </div>
      </details>
    </>
  );
}
