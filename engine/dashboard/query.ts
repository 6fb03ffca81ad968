import { type RunStatus, runStatuses } from '../runs/run.ts';
import { type IdRange, idRange } from './facts/page-of.ts';

/** What a filter says about time, as it was typed and as it is meant. */
export interface TimeSpan {
  /** For a field of the type `datetime-local`; empty if it is none. */
  readonly fromText: string;
  readonly toText: string;
  readonly range: IdRange;
}

/** Reads times in UTC such as `2026-11-24T09:05`. What is no time is left out. */
export function readTimeSpan(from: string | undefined, to: string | undefined): TimeSpan {
  const fromMs = readTimeMs(from);
  const toMs = readTimeMs(to);
  return {
    fromText: fromMs === null ? '' : (from ?? ''),
    toText: toMs === null ? '' : (to ?? ''),
    range: idRange({ fromMs, toMs: toMs === null ? null : toMs + wholeSecondMs }),
  };
}

/** A second that is named as the end belongs to the span. */
const wholeSecondMs = 999;
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

function readTimeMs(text: string | undefined): number | null {
  if (text === undefined || !timePattern.test(text)) return null;
  const timeMs = Date.parse(`${text}Z`);
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** Null for any status, and for a word that is none. */
export function readStatus(text: string | undefined): RunStatus | null {
  return runStatuses.find((status) => status === text) ?? null;
}

/** What is said in an address and cannot be read as the filter that it is meant to be, in words. */
export function tellUnread(filters: {
  readonly status?: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}): readonly string[] {
  const { status, from, to } = filters;
  const unread: string[] = [];
  if (status && readStatus(status) === null) {
    unread.push(`“${shortened(status)}” is no status: there are ${runStatuses.join(', ')}`);
  }
  for (const time of [from, to]) {
    if (time && readTimeMs(time) === null) {
      unread.push(`“${shortened(time)}” is no time such as 2026-11-24T09:05`);
    }
  }
  return unread;
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const longestWord = 1_024;

/** A search word without what PostgreSQL has no text for. */
export function readWord(text: string | undefined): string {
  return (text ?? '').replaceAll('\0', '').trim().slice(0, longestWord);
}

/** Null on the first page of a list. */
export function readCursor(text: string | undefined): string | null {
  return text !== undefined && /^[0-9A-Za-z.]{1,60}$/.test(text) ? text : null;
}
