import { getContext } from '../../../../src/context.ts';
import { getReport } from '../../../../src/imports/report.ts';
import { download } from '../../../lib/download.ts';

interface ReportRouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

/** The report of an import as a JSON file; its fields are described in docs/report.md. */
export async function GET(_request: Request, { params }: ReportRouteProps): Promise<Response> {
  const { id } = await params;
  return download('import', async () => ({
    text: `${JSON.stringify(await getReport(getContext(), id), null, 2)}\n`,
    contentType: 'application/json; charset=utf-8',
    fileName: `import-${id}.json`,
  }));
}
