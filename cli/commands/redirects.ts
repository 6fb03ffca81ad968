import { Command, Option } from 'commander';
import { migrate } from '../../src/db/migrate.ts';
import { readEnv } from '../../src/env.ts';
import { type RedirectFormat, redirectFormats } from '../../src/imports/redirect-formats.ts';
import { parseUrl } from '../options.ts';
import { joinDatabase } from '../supervisor/join-platform.ts';

interface RedirectsCommandOptions {
  readonly course?: string;
  readonly connection?: string;
  readonly format: RedirectFormat;
  readonly target?: string;
}

/** Prints where the addresses of the old school have moved to. */
export function addRedirectsCommand(program: Command): void {
  program.addCommand(
    new Command('redirects')
      .description('print where the addresses of imported courses and lessons have moved to')
      .option('--course <id>', 'our id of one course (crs_…)')
      .option('--connection <id>', 'our id of a school (con_…): all courses that were imported from it')
      .addOption(
        new Option('--format <format>', 'how to write it').choices([...redirectFormats]).default('csv'),
      )
      .option('--target <url>', 'address of the new pages, such as https://courses.example', parseUrl)
      .action(printRedirects),
  );
}

async function printRedirects({
  course,
  connection,
  format,
  target,
}: RedirectsCommandOptions): Promise<void> {
  const database = await joinDatabase(readEnv(process.env));
  try {
    Object.assign(process.env, database.processEnv);
    await migrate(database.processEnv.DATABASE_URL ?? '');
    const [{ closeContext, getContext }, { getRedirectMap }] = await Promise.all([
      import('../../src/context.ts'),
      import('../../src/imports/redirect-map.ts'),
    ]);
    try {
      const { text } = await getRedirectMap(getContext(), {
        format,
        ...(course !== undefined && { courseId: course }),
        ...(connection !== undefined && { connectionId: connection }),
        ...(target !== undefined && { targetOrigin: target }),
      });
      process.stdout.write(text);
    } finally {
      await closeContext();
    }
  } finally {
    await database.stop();
  }
}
