import { Command } from 'commander';
import { migrate } from '../../src/db/migrate.ts';
import { readEnv } from '../../src/env.ts';
import { formatBytes } from '../output/bars.ts';
import { joinDatabase } from '../supervisor/join-platform.ts';

/** Writes a portable copy of a course. */
export function addExportCommand(program: Command): void {
  program.addCommand(
    new Command('export')
      .description(
        'write a portable copy of a course: course.json and assets/<sha256> (format: docs/export.md)',
      )
      .requiredOption('--course <id>', 'our id of the course (crs_…)')
      .requiredOption('--out <folder>', 'where to write it; must be empty or not exist')
      .action(async (options: { course: string; out: string }) => {
        const database = await joinDatabase(readEnv(process.env));
        try {
          Object.assign(process.env, database.processEnv);
          await migrate(database.processEnv.DATABASE_URL ?? '');
          const [{ closeContext, getContext }, { exportCourse }] = await Promise.all([
            import('../../src/context.ts'),
            import('../../src/courses/export.ts'),
          ]);
          const context = getContext();
          try {
            const written = await exportCourse(context, { courseId: options.course, outDir: options.out });
            process.stdout.write(
              `Wrote ${options.out}/course.json and ${written.assets} assets (${formatBytes(written.bytes)})\n`,
            );
          } finally {
            await closeContext();
          }
        } finally {
          await database.stop();
        }
      }),
  );
}
