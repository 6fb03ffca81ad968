import { getContext } from '../../../src/context.ts';
import { openVariant } from '../../../src/courses/image-variants.ts';
import { openFile } from '../../../src/courses/open-file.ts';
import { isAppError } from '../../../src/errors/app-error.ts';
import { fileResponse } from '../../lib/file-response.ts';

interface FileRouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

/**
 * The bytes of a file of this organisation; `?download` asks for a download in any case, `?variant=<sha256>` for another form of an
 * image.
 */
async function serve(request: Request, { params }: FileRouteProps): Promise<Response> {
  try {
    const { id } = await params;
    const variant = new URL(request.url).searchParams.get('variant');
    if (variant !== null) return await fileResponse(request, await openVariant(getContext(), id, variant));
    const { file, asset, stream, presign } = await openFile(getContext(), id);
    return await fileResponse(request, { ...asset, name: file.name, read: stream, presign });
  } catch (error) {
    if (isAppError(error, 'NOT_FOUND')) return new Response('There is no such file.\n', { status: 404 });
    throw error;
  }
}

export { serve as GET, serve as HEAD };
