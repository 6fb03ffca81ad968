import type { Database } from '../../store/database.ts';

/** Whole JSON texts, for the raw views. Undefined where there is none. */

export async function findPayload(database: Database, eventId: string): Promise<string | undefined> {
  return await findText(database, 'select payload as text from engine.events where id = $1', [eventId]);
}

export const runParts = ['output', 'error'] as const;
export type RunPart = (typeof runParts)[number];

export async function findRunPart(
  database: Database,
  runId: string,
  part: RunPart,
): Promise<string | undefined> {
  return await findText(database, `select ${part} as text from engine.runs where id = $1`, [runId]);
}

export const stepParts = ['input', 'output', 'error'] as const;
export type StepPart = (typeof stepParts)[number];

const stepColumns = { input: 'input', output: 'memo', error: 'error' } as const;

export async function findStepPart(
  database: Database,
  step: { readonly runId: string; readonly stepId: string },
  part: StepPart,
): Promise<string | undefined> {
  return await findText(
    database,
    `select ${stepColumns[part]} as text from engine.steps where run_id = $1 and id = $2`,
    [step.runId, step.stepId],
  );
}

async function findText(
  database: Database,
  statement: string,
  values: readonly string[],
): Promise<string | undefined> {
  const [row] = await database.read<{ text: string | null }>(statement, values);
  return row?.text ?? undefined;
}
