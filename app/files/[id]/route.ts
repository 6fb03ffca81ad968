import { getContext } from '../../../src/context.ts';
import { openFile } from '../../../src/courses/open-file.ts';
import { isAppError } from '../../../src/errors/app-error.ts';
import { fileResponse } from '../../lib/file-response.ts';

interface FileRouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

/** The bytes of a file of this organisation; `?download` asks for a download in any case. */
async function serve(request: Request, { params }: FileRouteProps): Promise<Response> {
  try {
    const { file, asset, stream, presign } = await openFile(getContext(), (await params).id);
    return await fileResponse(request, { ...asset, name: file.name, read: stream, presign });
  } catch (error) {
    if (isAppError(error, 'NOT_FOUND')) return new Response('There is no such file.\n', { status: 404 });
    throw error;
  }
}

export { serve as GET, serve as HEAD };
