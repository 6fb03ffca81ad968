import { getContext } from '../../../../src/context.ts';
import { isAppError } from '../../../../src/errors/app-error.ts';
import { getReport } from '../../../../src/imports/report.ts';
import { contentDisposition } from '../../../lib/content-disposition.ts';

interface ReportRouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

/** The report of an import as a JSON file; its fields are described in docs/report.md. */
export async function GET(_request: Request, { params }: ReportRouteProps): Promise<Response> {
  const { id } = await params;
  try {
    const report = await getReport(getContext(), id);
    return new Response(`${JSON.stringify(report, null, 2)}\n`, {
      headers: {
        'Cache-Control': 'no-store',
        'Content-Disposition': contentDisposition('attachment', `import-${id}.json`),
        'Content-Type': 'application/json; charset=utf-8',
      },
    });
  } catch (error) {
    if (isAppError(error, 'NOT_FOUND')) return new Response('There is no such import.\n', { status: 404 });
    throw error;
  }
}
