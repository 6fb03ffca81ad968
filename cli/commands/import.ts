import { Command } from 'commander';
import { readEnv } from '../../src/env.ts';
import { askForKey } from '../ask-for-key.ts';
import { assertReportWritable, exitCodeOf, runHeadlessImport } from '../headless-import.ts';
import { allowPrivateHosts, privateHostsOf } from '../local-hosts.ts';
import { parseUrl } from '../options.ts';
import { withPlatform } from '../supervisor/with-platform.ts';

interface ImportCommandOptions {
  readonly course: string;
  readonly apiUrl?: string;
  readonly schoolUrl?: string;
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
        '--school-url <url>',
        "address of the school's own pages: its links then lead to ours, and issues lead to its lessons",
        parseUrl,
      )
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

async function importCourse(options: ImportCommandOptions): Promise<number> {
  const env = readEnv(process.env);
  if (options.json !== undefined) await assertReportWritable(options.json);
  const apiUrl = (options.apiUrl ?? env.TEACHABLE_API_URL).replace(/\/+$/, '');
  const apiKey = await askForKey(env, 'import');
  return withPlatform(
    {
      command: 'courseport import',
      env,
      extraEnv: {
        ALLOWED_PRIVATE_HOSTS: allowPrivateHosts(env.ALLOWED_PRIVATE_HOSTS, privateHostsOf(apiUrl)),
      },
      whenStopped: 'run the same command again and the import goes on where it was',
    },
    async (signal) => {
      const report = await runHeadlessImport({
        apiUrl,
        apiKey,
        label: new URL(apiUrl).host,
        schoolUrls: options.schoolUrl ?? '',
        courseId: options.course,
        overwriteEdits: options.overwriteEdits ?? false,
        jsonFile: options.json,
        signal,
      });
      return exitCodeOf(report);
    },
  );
}
