import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { isSameSecret } from '../protocol/signing.ts';

const topic = z.object({ channel: z.string().min(1).max(1_000), name: z.string().min(1).max(1_000) });
/** What is published under one name in a channel. */
export type Topic = z.infer<typeof topic>;

const grant = z.discriminatedUnion('use', [
  /** To receive what is published in these topics. */
  z.object({ use: z.literal('subscribe'), topics: z.array(topic) }),
  /** To wait for the output of a run. */
  z.object({ use: z.literal('output'), runId: z.string() }),
]);
/** What a token allows its bearer, who has no other right. */
export type Grant = z.infer<typeof grant>;

const claims = z.object({ exp: z.number(), grant });

/** JSON Web Tokens (RFC 7519, HS256) that let somebody without a key do one thing for a while. */
export class Tokens {
  readonly #key: Buffer;

  /** @param secret the signing key, or any text in dev mode, where nothing is protected */
  constructor(secret: string) {
    this.#key = createHmac('sha256', secret).update('tokens of the engine').digest();
  }

  issue(given: Grant, lifetimeMs: number, nowMs = Date.now()): string {
    const head = encode({ alg: 'HS256', typ: 'JWT' });
    const body = encode({ exp: Math.ceil((nowMs + lifetimeMs) / 1_000), grant: given });
    return `${head}.${body}.${this.#sign(`${head}.${body}`)}`;
  }

  /** What the token allows now. Null when it is not one of ours, or its time is over. */
  read(token: string | null | undefined, nowMs = Date.now()): Grant | null {
    const [head = '', body = '', mac = ''] = token?.split('.') ?? [];
    if (!isSameSecret(mac, this.#sign(`${head}.${body}`))) return null;
    const { exp, grant: given } = claims.parse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
    return exp * 1_000 > nowMs ? given : null;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The token of a request: in the address, as browsers have to send it, or as a bearer token. */
export function tokenOf(request: {
  readonly query: string | null | undefined;
  readonly authorization: string | undefined;
}): string | null {
  const bearer = request.authorization?.startsWith('Bearer ')
    ? request.authorization.slice('Bearer '.length)
    : null;
  return request.query ?? bearer;
}
