import { isAppError } from '../../src/errors/app-error.ts';
import { contentDisposition } from './content-disposition.ts';

export interface Download {
  readonly text: string;
  readonly contentType: string;
  readonly fileName: string;
}

/**
 * Answers with a file that is made anew for each request.
 *
 * @param what in words, for the answer when there is none
 */
export async function download(what: string, make: () => Promise<Download>): Promise<Response> {
  try {
    const { text, contentType, fileName } = await make();
    return new Response(text, {
      headers: {
        'Cache-Control': 'no-store',
        'Content-Disposition': contentDisposition('attachment', fileName),
        'Content-Type': contentType,
      },
    });
  } catch (error) {
    if (isAppError(error, 'NOT_FOUND')) return new Response(`There is no such ${what}.\n`, { status: 404 });
    throw error;
  }
}
