import { and, eq, gte, inArray, isNull, like, or, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Database } from '../db/client.ts';
import { assets, imageVariants } from '../db/schema/index.ts';
import { svgType } from './image-size.ts';
import { makeVariants } from './image-variants.ts';
import { leastBytes } from './variant-plan.ts';

/** An import's own step has made them by then, or was ended before it could. */
const graceMs = 15 * 60_000;

/** Images of one look; each may take seconds. */
const imagesAtOnce = 20;

type Image = Pick<typeof assets.$inferSelect, 'id' | 'organisationId'>;

/**
 * Makes the variants of images whose import was paused, cancelled or killed between storing them and that. An image is taken up
 * once: one that ends the process does not end it again, and one that cannot be decoded is not tried for ever.
 *
 * @returns how many variants were stored
 * @throws {AppError} what `makeVariants` throws; the images after that one have their turn at the next look
 */
export async function makeMissingVariants(
  { database, storage }: Pick<Context, 'database' | 'storage'>,
  options: { readonly graceMs: number } = { graceMs },
): Promise<number> {
  let made = 0;
  for (let looked = 0; looked < imagesAtOnce; looked++) {
    const image = await takeUp(database, options.graceMs);
    if (!image) break;
    const { id, organisationId } = image;
    made += (await makeVariants({ database, organisationId, storage }, id)).made;
  }
  return made;
}

async function takeUp(database: Database, waitedMs: number): Promise<Image | undefined> {
  const next = database
    .select({ id: assets.id })
    .from(assets)
    .leftJoin(imageVariants, eq(imageVariants.assetId, assets.id))
    .where(
      and(
        isNull(assets.variantsSweptAt),
        like(assets.contentType, 'image/%'),
        or(eq(assets.contentType, svgType), gte(assets.bytes, leastBytes)),
        isNull(imageVariants.assetId),
        sql`${assets.createdAt} <= now() - ${waitedMs} * interval '1 millisecond'`,
      ),
    )
    .orderBy(assets.createdAt)
    .limit(1);
  const [image] = await database
    .update(assets)
    .set({ variantsSweptAt: sql`now()` })
    .where(inArray(assets.id, next))
    .returning({ id: assets.id, organisationId: assets.organisationId });
  return image;
}
