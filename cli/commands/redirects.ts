import { Command, Option } from 'commander';
import { readEnv } from '../../src/env.ts';
import { type RedirectFormat, redirectFormats } from '../../src/imports/redirect-formats.ts';
import { parseUrl } from '../options.ts';
import { withDatabase } from '../supervisor/with-database.ts';

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
  await withDatabase(readEnv(process.env), async (context) => {
    const { getRedirectMap } = await import('../../src/imports/redirect-map.ts');
    const { text } = await getRedirectMap(context, {
      format,
      ...(course !== undefined && { courseId: course }),
      ...(connection !== undefined && { connectionId: connection }),
      ...(target !== undefined && { targetOrigin: target }),
    });
    process.stdout.write(text);
  });
}
