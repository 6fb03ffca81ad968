import type { Context } from 'hono';
import { limits } from '../protocol/limits.ts';
import { readText } from '../server/body.ts';

/** The fields of a form that a browser sent. @throws {UnreadableBody} */
export async function readForm(context: Context): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(context, limits.eventRequestBytes));
}
