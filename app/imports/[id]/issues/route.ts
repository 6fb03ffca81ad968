import { getContext } from '../../../../src/context.ts';
import { findImport } from '../../../../src/imports/find-import.ts';
import { listIssues } from '../../../../src/imports/issues.ts';
import { issuesCsv } from '../../../../src/imports/issues-csv.ts';
import { download } from '../../../lib/download.ts';

interface IssuesRouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

/** All issues of an import as a CSV file, resolved ones too. */
export async function GET(_request: Request, { params }: IssuesRouteProps): Promise<Response> {
  const { id } = await params;
  return download('import', async () => {
    const context = getContext();
    await findImport(context.database, { organisationId: context.organisationId, importId: id });
    const { issues } = await listIssues(context, { importId: id });
    return {
      text: issuesCsv(issues),
      contentType: 'text/csv; charset=utf-8',
      fileName: `import-${id}-issues.csv`,
    };
  });
}
