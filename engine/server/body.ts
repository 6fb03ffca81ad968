import { isUtf8 } from 'node:buffer';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { parseJson } from '../protocol/parse-json.ts';

/** A request's body cannot be taken. The message says why and is for the sender. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody';
  readonly status: ContentfulStatusCode;

  constructor(status: ContentfulStatusCode, message: string) {
    super(message);
    this.status = status;
  }
}

/** What all bodies that are being read may take up together, so that many slow large ones do not fill the memory. */
const maxBytesAtOnce = 256 * 1024 * 1024;
let bytesAtOnce = 0;

/**
 * Reads a JSON body, whatever its content type says.
 *
 * @throws {UnreadableBody} when it is larger than `maxBytes`, compressed, not UTF-8 or not JSON
 */
export async function readJson(context: Context, maxBytes: number): Promise<unknown> {
  const text = await readText(context, maxBytes);
  if (text === '') throw new UnreadableBody(400, 'Invalid request: the body is empty');
  try {
    return parseJson(text);
  } catch (error) {
    throw new UnreadableBody(400, `Invalid request: ${error instanceof Error ? error.message : error}`);
  }
}

/** Reads a body as it is. @throws {UnreadableBody} when it is larger than `maxBytes`, compressed or not UTF-8 */
export async function readText(context: Context, maxBytes: number): Promise<string> {
  const encoding = context.req.header('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw new UnreadableBody(
      415,
      `Cannot read the request: its content-encoding is "${encoding}", send it uncompressed`,
    );
  }
  const bytes = await readBytes(context, maxBytes);
  if (!isUtf8(bytes)) throw new UnreadableBody(400, 'Invalid request: the body is not UTF-8');
  return bytes.toString('utf8');
}

async function readBytes(context: Context, maxBytes: number): Promise<Buffer> {
  const declared = context.req.header('content-length');
  if (declared === undefined) return await readChunks(context.req.raw, maxBytes);

  const size = Number(declared);
  if (size > maxBytes) throw tooLarge(`has ${size} bytes`, maxBytes);
  hold(size);
  try {
    // Reading a body of a declared length at once is much cheaper.
    return Buffer.from(await context.req.raw.arrayBuffer());
  } catch (error) {
    throw cutOff(error);
  } finally {
    bytesAtOnce -= size;
  }
}

async function readChunks(request: Request, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      if (size + chunk.length > maxBytes) throw tooLarge('is larger', maxBytes);
      hold(chunk.length);
      size += chunk.length;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw error instanceof UnreadableBody ? error : cutOff(error);
  } finally {
    bytesAtOnce -= size;
  }
}

function hold(bytes: number): void {
  if (bytesAtOnce + bytes > maxBytesAtOnce)
    throw new UnreadableBody(503, 'Cannot take the request: too many large ones arrive at once, try again');
  bytesAtOnce += bytes;
}

function tooLarge(found: string, maxBytes: number): UnreadableBody {
  return new UnreadableBody(413, `Cannot take the request: its body ${found}, ${maxBytes} bytes are allowed`);
}

/** Nobody may be there any more to read this. */
function cutOff(cause: unknown): UnreadableBody {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UnreadableBody(400, `Invalid request: the body ended too early: ${reason}`);
}
