import type { Context } from 'hono';

/** A request's body is larger than its route takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';

  constructor(maxBytes: number) {
    super(`Cannot take the request: its body is larger than ${maxBytes} bytes`);
  }
}

/** A request's body is not JSON. */
export class BodyNotJson extends Error {
  override readonly name = 'BodyNotJson';
}

/**
 * Reads a JSON body, whatever its content type says.
 *
 * @throws {BodyTooLarge}
 * @throws {BodyNotJson}
 */
export async function readJson(context: Context, maxBytes: number): Promise<unknown> {
  const declaredBytes = Number(context.req.header('content-length') ?? 0);
  if (declaredBytes > maxBytes) throw new BodyTooLarge(maxBytes);

  const text = await readText(context.req.raw, maxBytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BodyNotJson(`Invalid request: ${error instanceof Error ? error.message : error}`);
  }
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  // A body of a declared length was checked already, and reading it at once is much cheaper.
  if (request.headers.has('content-length')) return await request.text();

  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BodyTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
