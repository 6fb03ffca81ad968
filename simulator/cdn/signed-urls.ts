import { createHmac } from 'node:crypto';
import type { SimulatorContext } from '../context.ts';
import { playerHost, posterHost } from '../school/hosts.ts';

/*
 * Signed URLs in the form that published responses show: `hdnts=st=…~exp=…~hmac=…` for streams and `token=exp=…~acl=…~hmac=…`
 * for posters, times in seconds since 1970. A signature covers one video and the session (`app`) that it was made for.
 */

/** Player's name of a video, and back. */
export function videoCode(attachmentId: number): string {
  return `Q${attachmentId.toString(36).toUpperCase()}S`;
}

/** Undefined when the text is no {@link videoCode}. */
export function attachmentIdOf(code: string): number | undefined {
  const [, digits] = /^Q([0-9A-Z]+)S$/.exec(code) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 36);
}

/** A fresh playable URL: no two calls give the same one. */
export function signedStreamUrl(simulator: SimulatorContext, attachmentId: number): string {
  const session = simulator.nextSession();
  const { st, exp } = lifetime(simulator);
  const code = videoCode(attachmentId);
  const token = `st=${st}~exp=${exp}~hmac=${sign(simulator, [st, exp, code, session])}`;
  return `https://${playerHost}/video/${code}/hls/master-pkg-t-1700000000000.m3u8?hdnts=${encodeToken(token)}&app=${session}`;
}

export function signedPosterUrl(simulator: SimulatorContext, attachmentId: number): string {
  const { exp } = lifetime(simulator);
  const code = videoCode(attachmentId);
  const acl = `%2fvideo%2f${code}%2fthumbnail%2f0000.jpg*`;
  const token = `exp=${exp}~acl=${acl}~hmac=${sign(simulator, [exp, code])}`;
  return `https://${posterHost}/video/${code}/thumbnail/0000.jpg?token=${token}`;
}

/** Whether the query of a request for this video carries a token that is ours and still valid. */
export function hasValidToken(simulator: SimulatorContext, code: string, query: URLSearchParams): boolean {
  const token = new Map(
    (query.get('hdnts') ?? query.get('token') ?? '').split('~').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const exp = Number(token.get('exp'));
  const st = token.get('st');
  const signed = st === undefined ? [exp, code] : [Number(st), exp, code, query.get('app') ?? ''];
  return token.get('hmac') === sign(simulator, signed) && simulator.now() < exp * 1000;
}

function lifetime(simulator: SimulatorContext): { st: number; exp: number } {
  const st = Math.floor(simulator.now() / 1000);
  return { st, exp: st + Math.round(simulator.faults.values.videoTokenTtlMs / 1000) };
}

function sign(simulator: SimulatorContext, parts: readonly (string | number)[]): string {
  return createHmac('sha256', `player ${simulator.seed}`).update(parts.join('~')).digest('hex');
}

function encodeToken(token: string): string {
  return token.replaceAll('=', '%3D').replaceAll('~', '%7E');
}
