'use server';

import { refresh } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { areSchoolUrls, listConnections, saveSchoolUrls } from '../../src/accounts/connections.ts';
import { type Context, getContext } from '../../src/context.ts';
import { getEnv } from '../../src/env.ts';
import { isAppError } from '../../src/errors/app-error.ts';
import { findActiveImport, startImport } from '../../src/imports/start.ts';
import { parseMonthlyQuota } from '../../src/sources/teachable/monthly-quota.ts';
import { getBudget, type SchoolBudget, setMonthlyQuota } from '../../src/sources/teachable/school-budget.ts';
import { addSchool } from './add-school.ts';
import { startErrors } from './start-errors.ts';
import {
  newSchool,
  otherCourse,
  type StartErrors,
  type StartForm,
  type StartState,
  startForm,
} from './start-state.ts';

/** One step of starting an import. What is wrong with the input comes back beside its field; the import itself is a redirect. */
export async function advance(previous: StartState, sent: FormData): Promise<StartState> {
  const form = startForm.parse(Object.fromEntries(sent));
  const context = getContext();
  if (form.step === 'back') return answer(previous, { school: null });
  if (form.step === 'course') return chooseCourse(context, previous, form);
  return form.connectionId === newSchool || form.connectionId === ''
    ? chooseNewSchool(context, previous, form)
    : chooseSavedSchool(context, previous, form);
}

async function chooseSavedSchool(
  context: Context,
  previous: StartState,
  form: StartForm,
): Promise<StartState> {
  const { connectionId } = form;
  const usedUpSchool = previous.usedUpSchool?.connectionId === connectionId ? previous.usedUpSchool : null;
  const monthlyCalls = form.monthlyCalls ?? '';
  const values = { ...previous.values, connectionId, monthlyCalls };
  const school = (await listConnections(context.database, { organisationId: context.organisationId })).find(
    ({ id }) => id === connectionId,
  );
  if (!school) {
    return answer(previous, {
      values,
      errors: { connectionId: 'This school is not saved any more. Choose another.' },
    });
  }
  if (usedUpSchool) {
    const errors = await saveMonthlyCalls(context, connectionId, form.monthlyCalls);
    if (errors.monthlyCalls !== undefined) return answer(previous, { values, errors });
  }
  try {
    const source = await context.openSource(connectionId);
    const { courses, next } = await source.listCourses(1);
    const budget = await getBudget(context, connectionId);
    return answer(previous, {
      values: { ...values, monthlyCalls: shownCalls(budget) },
      usedUpSchool: null,
      school: {
        connectionId,
        label: school.label,
        lacksAddress: school.schoolUrls.length === 0,
        budget,
        courses,
        more: next !== null,
      },
    });
  } catch (error) {
    if (!isAppError(error)) throw error;
    const errors = startErrors(error, 'saved school');
    if (error.code !== 'SOURCE_QUOTA_EXHAUSTED')
      return answer(previous, { values, errors, usedUpSchool: null });
    const budget = await getBudget(context, connectionId);
    return answer(previous, {
      values: { ...values, monthlyCalls: shownCalls(budget) },
      errors,
      usedUpSchool: { connectionId, budget },
    });
  }
}

async function chooseNewSchool(context: Context, previous: StartState, form: StartForm): Promise<StartState> {
  const { label, apiKey, schoolUrls } = form;
  const values = { ...previous.values, connectionId: newSchool, label, apiUrl: form.apiUrl, schoolUrls };
  const errors = missing(form);
  if (Object.keys(errors).length > 0) return answer(previous, { values, errors });

  const apiUrl = (form.apiUrl || getEnv().TEACHABLE_API_URL).replace(/\/+$/, '');
  try {
    const { connectionId, courses, next } = await addSchool(context, {
      label,
      apiUrl,
      apiKey,
      schoolUrls,
    });
    const budget = await getBudget(context, connectionId);
    refresh();
    return answer(previous, {
      values: {
        connectionId,
        label: '',
        apiUrl: '',
        schoolUrls: '',
        courseId: '',
        monthlyCalls: shownCalls(budget),
        overwriteEdits: false,
      },
      usedUpSchool: null,
      school: { connectionId, label, lacksAddress: false, budget, courses, more: next !== null },
    });
  } catch (error) {
    if (!isAppError(error)) throw error;
    return answer(previous, { values, errors: startErrors(error, 'new school') });
  }
}

const wrongAddress = 'Enter web addresses such as my-school.teachable.com, or nothing.';

function missing({ label, apiKey, apiUrl, schoolUrls }: StartForm): StartErrors {
  const isUrl = z.url({ protocol: /^https?$/ }).safeParse(apiUrl).success;
  return {
    ...(label === '' && { label: 'Give the school a name.' }),
    ...(apiKey === '' && { apiKey: 'Enter the school’s API key.' }),
    ...(!areSchoolUrls(schoolUrls) && { schoolUrls: wrongAddress }),
    ...(apiUrl !== '' && !isUrl && { apiUrl: 'Enter an address that begins with https://, or nothing.' }),
  };
}

async function chooseCourse(context: Context, previous: StartState, form: StartForm): Promise<StartState> {
  const { connectionId } = form;
  const sourceCourseId = form.course === otherCourse || form.course === '' ? form.courseId : form.course;
  const { overwriteEdits, schoolUrls, monthlyCalls = '' } = form;
  const values = { ...previous.values, courseId: sourceCourseId, overwriteEdits, schoolUrls, monthlyCalls };
  if (!areSchoolUrls(schoolUrls)) return answer(previous, { values, errors: { schoolUrls: wrongAddress } });
  if (sourceCourseId === '') {
    return answer(previous, { values, errors: { courseId: 'Choose a course, or enter the id of one.' } });
  }

  const errors = await saveMonthlyCalls(context, connectionId, form.monthlyCalls);
  if (errors.monthlyCalls !== undefined) return answer(previous, { values, errors });

  let importId: string;
  try {
    await saveSchoolUrls(context.database, {
      organisationId: context.organisationId,
      connectionId,
      schoolUrls,
    });
    ({ importId } = await startImport(context, {
      connectionId,
      sourceCourseId,
      overwriteEdits,
    }));
  } catch (error) {
    if (!isAppError(error)) throw error;
    const runningImportId =
      error.code === 'CONFLICT' ? await findActiveImport(context, sourceCourseId) : null;
    return answer(previous, { values, errors: startErrors(error, 'course'), runningImportId });
  }
  redirect(`/imports/${importId}`);
}

/** Notes how many calls a month the plan includes, as typed; nothing where that was not asked for. */
async function saveMonthlyCalls(
  context: Context,
  connectionId: string,
  typed: string | undefined,
): Promise<StartErrors> {
  if (typed === undefined) return {};
  try {
    await setMonthlyQuota(context, { connectionId, calls: parseMonthlyQuota(typed) });
    return {};
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { monthlyCalls: error.publicMessage };
  }
}

function shownCalls({ monthlyQuota }: SchoolBudget): string {
  return monthlyQuota === null ? '' : String(monthlyQuota);
}

function answer(previous: StartState, change: Partial<StartState>): StartState {
  return { ...previous, errors: {}, runningImportId: null, ...change, answers: previous.answers + 1 };
}
