import { z } from 'zod';
import { getContext } from '../../../../src/context.ts';
import { redirectFormats } from '../../../../src/imports/redirect-formats.ts';
import { getRedirectMap } from '../../../../src/imports/redirect-map.ts';
import { download } from '../../../lib/download.ts';

interface RedirectsRouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

const formatQuery = z.enum(redirectFormats).catch('csv');

/** Where a course's old addresses have moved to, as a file; `?format=` is csv, json, nginx or next. */
export async function GET(request: Request, { params }: RedirectsRouteProps): Promise<Response> {
  const { id } = await params;
  const format = formatQuery.parse(new URL(request.url).searchParams.get('format'));
  return download('imported course', () => getRedirectMap(getContext(), { courseId: id, format }));
}
