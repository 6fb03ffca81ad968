import Link from 'next/link';
import { Badge } from '../components/badge.tsx';
import { SubmitButton } from '../components/submit-button.tsx';
import { formatCount } from '../lib/format.ts';
import { AddressField } from './address-field.tsx';
import { Field, FieldError } from './field.tsx';
import { monthlyCallsField } from './monthly-calls-field.ts';
import { type ChosenSchool, otherCourse, type StartState } from './start-state.ts';

export interface CourseStepProps {
  readonly state: StartState;
  readonly school: ChosenSchool;
}

/** Second step: one of the school's courses, or the id of one that is not listed. */
export function CourseStep({ state, school }: CourseStepProps) {
  const { errors, values, runningImportId } = state;
  const listed = school.courses.some((course) => course.id === values.courseId);
  const chosen = listed
    ? values.courseId
    : values.courseId !== '' || school.courses.length === 0
      ? otherCourse
      : '';
  const monthlyCalls = monthlyCallsField(school.budget);
  const error = errors.courseId ?? errors.connectionId ?? errors.form;
  return (
    <>
      <input type="hidden" name="connectionId" value={school.connectionId} />
      <p className="mt-1 text-muted">
        From <span className="text-ink">{school.label}</span>
      </p>
      <fieldset className="mt-4" aria-describedby="start-course-error">
        <legend className="mb-2 font-medium">Which course?</legend>
        <div className="max-h-96 space-y-2 overflow-y-auto">
          {school.courses.map((course) => (
            <label key={course.id} className="choice card flex items-baseline gap-3 px-4 py-3">
              <span className="choice-head">
                <input
                  type="radio"
                  name="course"
                  value={course.id}
                  defaultChecked={course.id === chosen}
                  className="accent-accent"
                />
              </span>
              <span className="wrap-anywhere min-w-0 flex-1">
                {course.title}
                <span className="block text-muted text-sm">{course.id}</span>
              </span>
              {!course.published && <Badge word={{ label: 'Draft', tone: 'neutral' }} />}
            </label>
          ))}
        </div>
        {school.more && (
          <p className="my-2 text-muted text-sm">
            These are the first {formatCount(school.courses.length)} courses. Name any other by its id.
          </p>
        )}
        <div className="choice card mt-2">
          <label className="choice-head flex items-baseline gap-3 px-4 py-3">
            <input
              type="radio"
              name="course"
              value={otherCourse}
              defaultChecked={chosen === otherCourse}
              className="accent-accent"
            />
            A course by its id
          </label>
          <div className="choice-body px-4 pb-4">
            <Field
              name="courseId"
              label="Course id"
              hint="The number in the course’s address in Teachable."
              inputMode="numeric"
              autoComplete="off"
              defaultValue={chosen === otherCourse ? values.courseId : ''}
              error={chosen === otherCourse ? error : undefined}
            />
          </div>
        </div>
        <FieldError id="start-course-error" error={chosen === otherCourse ? undefined : error} />
        {runningImportId && (
          <p className="mt-1 text-sm">
            <Link className="link" href={`/imports/${runningImportId}`}>
              Watch the import that is running
            </Link>
          </p>
        )}
      </fieldset>
      {school.lacksAddress && (
        <div className="mt-5">
          <AddressField errors={errors} values={values} />
        </div>
      )}
      <div className="mt-5">
        <Field
          {...monthlyCalls}
          label={`${monthlyCalls.label} (optional)`}
          defaultValue={values.monthlyCalls}
          error={errors.monthlyCalls}
        />
      </div>
      <label className="mt-5 flex items-baseline gap-3">
        <input
          type="checkbox"
          name="overwriteEdits"
          value="yes"
          defaultChecked={values.overwriteEdits}
          className="accent-accent"
        />
        <span>
          Overwrite what was edited here
          <span className="block text-muted text-sm">
            Matters when the course was imported before. Otherwise what changed both at your school and here
            is kept and listed.
          </span>
        </span>
      </label>
      <div className="mt-5 flex flex-wrap gap-3">
        <SubmitButton name="step" value="course" pendingLabel="Starting …">
          Start the import
        </SubmitButton>
        <SubmitButton name="step" value="back" tone="plain" pendingLabel="Going back …">
          Other school
        </SubmitButton>
      </div>
    </>
  );
}
