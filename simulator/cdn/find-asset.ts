import sharp from 'sharp';
import type { SimulatorContext } from '../context.ts';
import { type Asset, bytesBody } from '../school/asset.ts';
import { playerHost, posterHost, realUrls } from '../school/hosts.ts';
import { findPoster, findStreamFile, type PlayerRequest } from './player.ts';

/** A path that wraps another URL: everything before it is the app's key or signature and the wished transformation. */
const wrapper = /^(\/.+?\/)(https?:\/{1,2}|https?%3A%2F%2F)(.+)$/i;

/** Finds what a host serves at a path; undefined means 404. */
export async function findHostedAsset(
  simulator: SimulatorContext,
  hostName: string,
  request: PlayerRequest,
): Promise<Asset | undefined> {
  if (hostName === playerHost) return findStreamFile(simulator, request);
  if (hostName === posterHost) return findPoster(simulator, request);

  const [, options, scheme, rest] = wrapper.exec(request.path) ?? [];
  if (options === undefined || scheme === undefined || rest === undefined) {
    return simulator.school.findAsset(hostName + request.path);
  }
  const location = realUrls(scheme.includes('%') ? decodeURIComponent(rest) : rest);
  const inner = simulator.school.findAsset(location);
  const [, resize, proxy] = /resize=width:(\d+)\/|\/(\d+)x0\//.exec(options) ?? [];
  const width = resize ?? proxy;
  if (inner === undefined || inner.status !== 200 || width === undefined) return inner;
  return resized(inner, Number(width));
}

/** The image at that width at most; other files as they are. */
async function resized(asset: Asset, width: number): Promise<Asset> {
  if (!asset.contentType?.startsWith('image/') || asset.contentType === 'image/svg+xml') return asset;
  const bytes = asset.body.slice(0, asset.body.sizeBytes);
  const smaller = await sharp(bytes)
    .resize({ width, withoutEnlargement: true })
    .toBuffer({ resolveWithObject: true });
  return { body: bytesBody(smaller.data), contentType: `image/${smaller.info.format}`, status: 200 };
}
