import type { Hono } from 'hono';
import { addDashboardRoutes } from '../dashboard/routes.ts';
import { EndpointRuns } from '../endpoints/endpoint-runs.ts';
import { addEndpointRoutes } from '../endpoints/routes.ts';
import { Repeater } from '../flow-control/repeater.ts';
import { type EngineOptions, serverKindOf } from '../options.ts';
import type { Parts } from '../parts.ts';
import { addRealtimeRoutes } from '../realtime/routes.ts';
import { Access } from './auth.ts';
import { addCancellationRoutes } from './cancellation-routes.ts';
import { addEventRoutes } from './event-routes.ts';
import { addGraphqlRoutes } from './graphql-routes.ts';
import { addInspectRoutes } from './inspect-routes.ts';
import { addInvokeRoutes } from './invoke-routes.ts';
import { addMetadataRoutes } from './metadata-routes.ts';
import { addOperationRoutes } from './operation-routes.ts';
import { Readiness } from './readiness.ts';
import { addRegisterRoutes } from './register-routes.ts';
import { addRunRoutes } from './run-routes.ts';
import { createApp } from './server.ts';
import { addSignalRoutes } from './signal-routes.ts';

/** All that the engine answers over HTTP. */
export function createRoutes(options: EngineOptions, parts: Parts): Hono {
  const { bulkCanceller, database, executor, hub, intake, logger, metrics, onRunsCreated, queue, registry } =
    parts;
  const { admitter, attendance, runEnds, runs, signals, streams, sync, tokens, writer } = parts;
  const serverKind = serverKindOf(options);
  const access = new Access({
    dev: options.dev,
    signingKey: options.signingKey,
    eventKeys: options.eventKeys,
    dashboardToken: options.dashboardToken,
  });
  const readiness = new Readiness({ writer, database });
  const app = createApp({ serverKind, access, logger });
  addOperationRoutes(app, { access, readiness, metrics });
  addEventRoutes(app, { access, intake, metrics });
  addRegisterRoutes(app, { access, registry, attendance, serverKind });
  addSignalRoutes(app, { signals, executor });
  addInvokeRoutes(app, { access, intake, registry });
  addRealtimeRoutes(app, { hub, tokens, lastEvent: streams.lastEvent });
  addEndpointRoutes(app, {
    registry,
    endpointRuns: new EndpointRuns({ writer, runs }),
    executor,
    runEnds,
    tokens,
    database,
  });
  addRunRoutes(app, { executor, runs });
  addCancellationRoutes(app, { registry, database, bulkCanceller });
  addGraphqlRoutes(app, { database, registry });
  addMetadataRoutes(app, { database, writer });
  addInspectRoutes(app, { access, registry, database, dev: options.dev });
  addDashboardRoutes(app, {
    access,
    registry,
    database,
    runs,
    intake,
    executor,
    repeater: new Repeater({
      runs,
      database,
      writer,
      admitter,
      cancelRun: (runId) => executor.cancel(runId),
      onRunsCreated,
    }),
    queue,
    readiness,
    appNews: () => ({ answers: sync.answers, whyAway: (appName) => attendance.whyAway(appName) }),
  });
  return app;
}
