'use client';

import { useActionState, useEffect, useRef } from 'react';
import { advance } from './actions.ts';
import { CourseStep } from './course-step.tsx';
import { type SchoolChoice, SchoolStep } from './school-step.tsx';
import { newSchool, type StartState } from './start-state.ts';

export interface StartFormProps {
  readonly schools: readonly SchoolChoice[];
  readonly defaultApiUrl: string;
}

/** Starts an import in two steps: a school, then one of its courses. Works without a script too. */
export function StartForm({ schools, defaultApiUrl }: StartFormProps) {
  const initial: StartState = {
    school: null,
    usedUpSchool: null,
    errors: {},
    values: {
      connectionId: schools[0]?.connectionId ?? newSchool,
      label: '',
      apiUrl: '',
      schoolUrls: '',
      courseId: '',
      monthlyCalls: '',
      overwriteEdits: false,
    },
    runningImportId: null,
    answers: 0,
  };
  const [state, action] = useActionState(advance, initial);
  const form = useRef<HTMLFormElement>(null);

  // Each answer replaces the fields: whoever works by keyboard or ear goes on at the first wrong one, or at the new step.
  useEffect(() => {
    if (state.answers === 0) return;
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    (wrong ?? form.current?.querySelector('h2'))?.focus();
  }, [state.answers]);

  return (
    <form ref={form} action={action} className="card p-4 sm:p-6" aria-labelledby="start-heading">
      <h2 id="start-heading" tabIndex={-1} className="text-lg">
        Start an import
      </h2>
      {state.school === null ? (
        <SchoolStep
          key={`school-${state.answers}`}
          state={state}
          schools={schools}
          defaultApiUrl={defaultApiUrl}
        />
      ) : (
        <CourseStep key={`course-${state.answers}`} state={state} school={state.school} />
      )}
    </form>
  );
}
