'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { getContext } from '../../../src/context.ts';
import { isAppError } from '../../../src/errors/app-error.ts';
import { cancelImport } from '../../../src/imports/cancel.ts';

const cancelForm = z.object({ importId: z.string().min(1).max(100) });

/** Cancels an import. One that has ended meanwhile is shown as it ended. */
export async function cancel(form: FormData): Promise<void> {
  const { importId } = cancelForm.parse(Object.fromEntries(form));
  try {
    await cancelImport(getContext(), { importId });
  } catch (error) {
    if (!isAppError(error, 'CONFLICT', 'NOT_FOUND')) throw error;
  }
  refresh();
}
