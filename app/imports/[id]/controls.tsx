import type { RetryClass } from '../../../src/imports/retry-classes.ts';
import type { ImportProgress } from '../../../src/imports/types.ts';
import type { SchoolBudget } from '../../../src/sources/teachable/school-budget.ts';
import { Instant } from '../../components/instant.tsx';
import { formatQuantity } from '../../lib/format.ts';
import { monthlyCallsField } from '../monthly-calls-field.ts';
import { ConfirmedForm, ControlForm } from './control-form.tsx';

export interface ControlsProps {
  readonly progress: ImportProgress;
  /** Failed items, by what trying them again can bring. */
  readonly failed: Readonly<Record<RetryClass, number>>;
  /** The school's allowance, when the import is paused because the month's calls are used up. */
  readonly usedUp: SchoolBudget | null;
}

/** What its owner can do about an import, as its status allows. */
export function Controls({ progress, failed, usedUp }: ControlsProps) {
  const { status } = progress;
  if (status === 'paused') return <PausedControls progress={progress} usedUp={usedUp} />;
  if (status === 'pending' || status === 'running') {
    return (
      <>
        <ControlForm importId={progress.id} verb="pause" label="Pause" pendingLabel="Pausing …" />
        <CancelForm importId={progress.id} />
      </>
    );
  }
  return <EndedControls progress={progress} failed={failed} />;
}

function PausedControls({
  progress: { id, pauseReason },
  usedUp,
}: Pick<ControlsProps, 'progress' | 'usedUp'>) {
  return (
    <>
      {pauseReason === 'SOURCE_KEY_REJECTED' && (
        <div className="card basis-full p-4">
          <ControlForm
            importId={id}
            verb="new-key"
            label="Use this key and resume"
            pendingLabel="Asking the school …"
            tone="primary"
            field={{
              name: 'apiKey',
              label: 'New API key',
              type: 'password',
              hint: 'In Teachable under Settings, API. It has to be of the same school; it is kept encrypted and never shown again.',
              autoComplete: 'off',
              spellCheck: false,
            }}
          />
        </div>
      )}
      {usedUp && (
        <div className="card basis-full p-4">
          <ControlForm
            importId={id}
            verb="monthly-calls"
            label="Use this number and resume"
            pendingLabel="Resuming …"
            tone="primary"
            field={monthlyCallsField(usedUp)}
          >
            <div className="mb-4">
              <WhenToGoOn budget={usedUp} />
            </div>
          </ControlForm>
        </div>
      )}
      {usedUp?.leftCalls !== 0 && (
        <ControlForm importId={id} verb="resume" label="Resume" pendingLabel="Resuming …" />
      )}
      <CancelForm importId={id} />
    </>
  );
}

function WhenToGoOn({ budget: { leftCalls, nextMonthAt } }: { readonly budget: SchoolBudget }) {
  if (leftCalls !== null && leftCalls > 0) {
    return (
      <p>
        By this number, imports may make {formatQuantity(leftCalls, 'more call')} this month. Resume the
        import, or correct the number first.
      </p>
    );
  }
  return (
    <p>
      The calls of the month are used up. The import can go on when the next month begins,{' '}
      <Instant at={nextMonthAt} />, or now if your plan includes more calls: then say how many.
    </p>
  );
}

function CancelForm({ importId }: { readonly importId: string }) {
  return (
    <ConfirmedForm
      importId={importId}
      verb="cancel"
      question="Cancel the import"
      label="Yes, cancel it"
      pendingLabel="Cancelling …"
    >
      <p>
        What has arrived so far stays, and you can remove it afterwards. Importing the course again later goes
        on from there.
      </p>
    </ConfirmedForm>
  );
}

function EndedControls({ progress, failed }: Pick<ControlsProps, 'progress' | 'failed'>) {
  const { id, status, courseId, rolledBackAt } = progress;
  if (rolledBackAt !== null)
    return <p className="basis-full text-muted">What this import made has been removed.</p>;
  if (courseId === null) return null;
  const canRetry = status === 'partial' || status === 'failed';
  return (
    <>
      {canRetry && failed.now > 0 && (
        <ControlForm
          importId={id}
          verb="retry"
          label={`Try ${formatQuantity(failed.now, 'failed item')} again`}
          pendingLabel="Opening them …"
        />
      )}
      {canRetry && failed.afterFix > 0 && (
        <ControlForm
          importId={id}
          verb="retry-fixed"
          label={`Fixed: try ${formatQuantity(failed.now + failed.afterFix, 'failed item')} again`}
          pendingLabel="Opening them …"
        />
      )}
      {status === 'cancelled' && (
        <p className="basis-full">
          What arrived before you cancelled is kept. You can keep it, or remove it:
        </p>
      )}
      <ConfirmedForm
        importId={id}
        verb="roll-back"
        question="Remove what it made"
        label="Yes, remove it"
        pendingLabel="Removing …"
      >
        <p>
          Everything that this import made is deleted for good, with its files. What was here before stays.
          The report stays, too.
        </p>
      </ConfirmedForm>
    </>
  );
}
