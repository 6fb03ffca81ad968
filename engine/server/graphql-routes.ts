import type { Hono } from 'hono';
import { z } from 'zod';
import { answerQuery } from '../graphql/query.ts';
import { rootFields } from '../graphql/schema.ts';
import { limits } from '../protocol/limits.ts';
import type { Registry } from '../registry/registry.ts';
import type { Database } from '../store/database.ts';
import { readJson } from './body.ts';

const graphqlRequest = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

/** `POST /v0/gql`: the questions that Inngest's test tools and pages ask. */
export function addGraphqlRoutes(app: Hono, parts: { database: Database; registry: Registry }): void {
  const root = rootFields(parts.database, parts.registry);

  app.post('/v0/gql', async (context) => {
    const request = graphqlRequest.safeParse(await readJson(context, limits.apiRequestBytes));
    if (!request.success) {
      const [issue] = request.error.issues;
      return context.json({ errors: [{ message: `Invalid request: ${issue?.message}` }], data: null }, 400);
    }
    const { query, variables, operationName } = request.data;
    const answer = await answerQuery(root, {
      query,
      variables: variables ?? {},
      operationName: operationName || null,
    });
    return context.json(answer, 'data' in answer ? 200 : 400);
  });
}
