import { beforeAll, describe, expect, it } from 'vitest';
import type { ImportReport } from '../../src/imports/types.ts';
import { courses, type ImportPlatform, startImportPlatform } from './import-platform.ts';

describe('import of the sample course', () => {
  let platform: ImportPlatform;
  let report: ImportReport;
  beforeAll(async () => {
    platform = await startImportPlatform();
    report = await platform.importCourse(courses.sample);
  });

  it('adds up for each kind and is completed', () => {
    process.stdout.write(JSON.stringify(report, null, 1));
    for (const { found, imported, unchanged, skipped, failed } of report.kinds) {
      expect(imported + unchanged + skipped + failed).toBe(found);
    }
    expect(report.import.status).toBe('completed');
  });
});
