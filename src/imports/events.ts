import { z } from 'zod';
import { defineEvent } from '../jobs/define-event.ts';

// Payloads carry ids alone: what they name is read from the ledger, and no address or content travels through the engine.
const ofImport = { organisationId: z.string().min(1), importId: z.string().min(1) };
/** The connection is there for the concurrency keys: a school's jobs share its limits. */
const ofSchool = { ...ofImport, connectionId: z.string().min(1) };

/** Somebody started an import. */
export const courseRequested = defineEvent('import/course.requested', z.object(ofSchool));

/** It is this lesson's turn. */
export const lessonProcess = defineEvent(
  'import/lesson.process',
  z.object({ ...ofSchool, itemId: z.string().min(1) }),
);

/** An asset was found whose bytes have to be had. */
export const assetDownload = defineEvent(
  'import/asset.download',
  z.object({ ...ofSchool, itemId: z.string().min(1) }),
);

/** The last open item of an import came home. */
export const itemsSettled = defineEvent('import/items.settled', z.object(ofImport));

/** An import ended by itself: completed, partial or failed. */
export const courseFinished = defineEvent('import/course.finished', z.object(ofImport));

/** Somebody stopped an import. */
export const courseCancelled = defineEvent('import/course.cancelled', z.object(ofImport));

/** An import was paused, by a person or by itself; ends the runs that work for it. */
export const coursePaused = defineEvent('import/course.paused', z.object(ofImport));

/** A paused import goes on. */
export const courseResumed = defineEvent('import/course.resumed', z.object(ofImport));

/** Failed items of an import that had ended are open again. */
export const itemsRetry = defineEvent('import/items.retry', z.object(ofImport));
