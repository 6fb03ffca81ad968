import type { Faults } from '../../simulator/main.ts';
import type { GeneratedSchoolOptions } from '../../simulator/school/generate.ts';
import { type BenchProcess, startScript } from '../engine/processes.ts';

/** A school with one course, in a process of its own. */
export interface BenchSchool {
  readonly process: BenchProcess;
  readonly apiUrl: string;
  readonly lessons: number;
}

export const courseId = '600001';
export const apiKey = 'sim-key';

export async function startSchool(
  school: Omit<GeneratedSchoolOptions, 'courses'>,
  faults: Partial<Faults>,
): Promise<BenchSchool> {
  const started = await startScript(new URL('school-process.ts', import.meta.url), [
    JSON.stringify({ school, faults }),
  ]);
  return { process: started, apiUrl: `${started.url}/v1`, lessons: school.lessons };
}
