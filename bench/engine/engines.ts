import pg from 'pg';
import { type BenchProcess, startScript } from './processes.ts';

/** An engine that can be measured. */
export interface Candidate {
  readonly name: string;
  start(): Promise<BenchProcess>;
}

/** Answers from memory and stores nothing: no engine can be faster with the same app. */
export const nullEngine: Candidate = {
  name: 'null',
  start: () => startScript(new URL('null-engine.ts', import.meta.url), []),
};

/** Ours, each time on a new database of the server. */
export function ourEngine(serverUrl: string, nodeOptions: readonly string[]): Candidate {
  let starts = 0;
  return {
    name: 'ours',
    async start() {
      starts += 1;
      const databaseUrl = await createDatabase(serverUrl, `bench_${starts}`);
      return await startScript(new URL('our-engine.ts', import.meta.url), [databaseUrl], nodeOptions);
    },
  };
}

/** One that somebody else has started, given as `name=url`. Its CPU time and memory are not known. */
export function foreignEngine(text: string): Candidate {
  const [name = '', url = ''] = text.split(/=(.*)/s);
  if (name === '' || !URL.canParse(url))
    throw new Error(`Cannot measure "${text}": an engine is given as name=http://…`);
  return {
    name,
    start: async () => ({ url: new URL(url).origin, pid: null, stop: async () => undefined }),
  };
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
