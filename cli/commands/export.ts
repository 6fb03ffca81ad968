import { Command } from 'commander';
import { readEnv } from '../../src/env.ts';
import { formatBytes } from '../../src/lib/format-bytes.ts';
import { withDatabase } from '../supervisor/with-database.ts';

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
        await withDatabase(readEnv(process.env), async (context) => {
          const { exportCourse } = await import('../../src/courses/export.ts');
          const written = await exportCourse(context, { courseId: options.course, outDir: options.out });
          process.stdout.write(
            `Wrote ${options.out}/course.json and ${written.assets} assets (${formatBytes(written.bytes)})\n`,
          );
        });
      }),
  );
}
