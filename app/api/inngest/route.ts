import { serve } from 'inngest/next';
import { serveOptions } from '../../../src/jobs/serve-options.ts';
import { jobs } from '../../../src/registry.ts';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

/** Where the engine calls the jobs when the web server hosts them. */
export const { GET, POST, PUT } = serve(serveOptions(jobs));
