import { beforeAll, expect, it } from 'vitest';
import { type MailServer, readMail, startMailServer } from '../support/mail-server.ts';
import { waitFor } from '../support/wait.ts';
import { courses, type ImportPlatform, startImportPlatform } from './import-platform.ts';

let server: MailServer;
let platform: ImportPlatform;
beforeAll(async () => {
  server = await startMailServer();
  platform = await startImportPlatform({
    env: {
      SMTP_URL: server.url,
      MAIL_FROM: 'courseport@school.example',
      MAIL_TO: 'owner@school.example',
      PUBLIC_URL: 'https://courses.example',
    },
  });
});

/** The one mail about an import. */
async function mailAbout(importId: string) {
  const mails = await waitFor(
    () => {
      const found = server.taken.map(readMail).filter(({ text }) => text.includes(importId));
      return found.length > 0 ? found : null;
    },
    { what: 'the mail' },
  );
  expect(mails).toHaveLength(1);
  return mails[0];
}

it('an import that has ended tells its owner what the ledger says, though the mail server is busy at first', async () => {
  server.answers.push(451);

  const report = await platform.importCourse(courses.sample);

  const mail = await mailAbout(report.import.id);
  expect(mail?.subject).toBe('Import of "Watercolour for Beginners" is complete');
  for (const { kind, found, imported } of report.kinds) {
    expect(mail?.text).toMatch(new RegExp(`^${kind} +${found} +${imported} `, 'm'));
  }
  expect(mail?.text).toContain(`https://courses.example/imports/${report.import.id}`);
});

it('an import that pauses by itself asks for somebody; one that a person pauses tells nobody', async () => {
  const { pauseImport } = await import('../../src/imports/pause.ts');
  const { resumeImport } = await import('../../src/imports/resume.ts');
  platform.simulator.faults.set({ latencyMs: 50 });
  const importId = await platform.start(courses.sample);
  await waitFor(() => pauseImport(platform.context, { importId }).then(() => true), { what: 'the pause' });
  platform.simulator.faults.set({ keyAccess: '401' });
  await resumeImport(platform.context, { importId });

  const mail = await mailAbout(importId);

  expect(mail?.subject).toContain('is paused and waits for you');
  expect(mail?.text).toContain('The import is paused and nothing is lost.');
});
