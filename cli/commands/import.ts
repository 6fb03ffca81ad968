import { Command } from 'commander';
import { type Env, readEnv } from '../../src/env.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { assertReportWritable, exitCodeOf, runHeadlessImport } from '../headless-import.ts';
import { allowPrivateHosts, privateHostsOf } from '../local-hosts.ts';
import { parseUrl } from '../options.ts';
import { joinPlatform } from '../supervisor/join-platform.ts';

interface ImportCommandOptions {
  readonly course: string;
  readonly apiUrl?: string;
  readonly json?: string;
  readonly overwriteEdits?: boolean;
}

/** Imports one course at the terminal. */
export function addImportCommand(program: Command): void {
  program.addCommand(
    new Command('import')
      .description(
        'import a course of a Teachable school; the API key comes from TEACHABLE_API_KEY or is asked for',
      )
      .requiredOption('--course <id>', "the course's id at Teachable")
      .option('--api-url <url>', 'address of the API (default: TEACHABLE_API_URL)', parseUrl)
      .option(
        '--overwrite-edits',
        'write over what was changed both at the school and here (default: keep it and list it)',
      )
      .option('--json <file>', 'write the report there, too')
      .action(async (options: ImportCommandOptions) => {
        process.exitCode = await importCourse(options);
      }),
  );
}

/** The key, from the environment or from a person; never from the command line, where others could read it. */
async function askForKey(env: Env): Promise<string> {
  if (env.TEACHABLE_API_KEY !== undefined) return env.TEACHABLE_API_KEY;
  if (!process.stdin.isTTY) {
    throw new CommandFailure(
      'Cannot import without an API key: set TEACHABLE_API_KEY (Teachable: Settings > API), or run this at a terminal to be asked for it',
      exitCodes.usage,
    );
  }
  const { password } = await import('@inquirer/prompts');
  const key = await password(
    { message: 'API key of the school (Teachable: Settings > API)' },
    { output: process.stderr },
  );
  if (key.trim() === '') throw new CommandFailure('Cannot import without an API key', exitCodes.usage);
  return key.trim();
}

async function importCourse(options: ImportCommandOptions): Promise<number> {
  const env = readEnv(process.env);
  if (options.json !== undefined) await assertReportWritable(options.json);
  const apiUrl = (options.apiUrl ?? env.TEACHABLE_API_URL).replace(/\/+$/, '');
  const apiKey = await askForKey(env);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());

  const platform = await joinPlatform({
    command: 'courseport import',
    env,
    extraEnv: { ALLOWED_PRIVATE_HOSTS: allowPrivateHosts(env.ALLOWED_PRIVATE_HOSTS, privateHostsOf(apiUrl)) },
    onStep: (line) => process.stderr.write(`courseport: ${line}\n`),
    onGivenUp: (message) => {
      process.stderr.write(`courseport: ${message}\n`);
      stop.abort();
    },
  });
  try {
    stop.signal.throwIfAborted();
    Object.assign(process.env, platform.processEnv);
    const report = await runHeadlessImport({
      apiUrl,
      apiKey,
      label: new URL(apiUrl).host,
      courseId: options.course,
      overwriteEdits: options.overwriteEdits ?? false,
      jsonFile: options.json,
      signal: stop.signal,
    });
    return exitCodeOf(report);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write(
      'courseport: stopped; run the same command again and the import goes on where it was\n',
    );
    return exitCodes.interrupted;
  } finally {
    await platform.stop();
  }
}
