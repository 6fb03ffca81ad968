import { describe, expect, it } from 'vitest';
import { startMailServer } from '../../tests/support/mail-server.ts';
import { sendMail } from './send-mail.ts';

const mail = { id: 'evt_1', subject: 'Import of "Öl"\r\nBcc: x@evil.example', text: 'All arrived.\n' };
const addresses = {
  MAIL_FROM: 'Courseport <courseport@school.example>',
  MAIL_TO: 'a@school.example, b@school.example',
};

describe('sendMail', () => {
  it('brings a text to every receiver, as one mail whose id is that of a repeat', async () => {
    const server = await startMailServer();

    expect(await sendMail({ SMTP_URL: server.url, ...addresses }, mail)).toBe(2);

    expect(server.taken).toHaveLength(1);
    const [{ to, raw }] = server.taken as [(typeof server.taken)[number]];
    expect(to).toEqual(['a@school.example', 'b@school.example']);
    expect(raw).toMatch(/^Message-ID: <evt_1@courseport>\r$/m);
    expect(raw).not.toMatch(/^Bcc:/m);
    expect(raw).toContain('All arrived.');
  });

  it('sends nothing where no server is set', async () => {
    expect(await sendMail({ SMTP_URL: undefined, MAIL_FROM: undefined, MAIL_TO: undefined }, mail)).toBe(0);
  });

  it.each([
    [451, 'later'],
    [550, 'never'],
  ])('is to be tried again as the answer %i says: %s', async (code, retry) => {
    const server = await startMailServer();
    server.answers.push(code);

    await expect(sendMail({ SMTP_URL: server.url, ...addresses }, mail)).rejects.toMatchObject({
      code: 'MAIL_FAILED',
      retry,
    });
  });

  it('is to be tried again when the server is down', async () => {
    await expect(sendMail({ SMTP_URL: 'smtp://127.0.0.1:1', ...addresses }, mail)).rejects.toMatchObject({
      code: 'MAIL_FAILED',
      retry: 'later',
    });
  });

  it('gives its password to a server on this machine, and to none elsewhere that does not encrypt', async () => {
    const server = await startMailServer();
    const { port } = new URL(server.url);
    const sendThrough = (host: string) =>
      sendMail({ SMTP_URL: `smtp://user:pass%20word@${host}:${port}`, ...addresses }, mail);

    expect(await sendThrough('127.0.0.1')).toBe(2);
    // The same machine, by a name that does not show it.
    const error = await sendThrough('[::ffff:127.0.0.1]').catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'MAIL_FAILED', message: expect.stringContaining('STARTTLS') });
    expect(JSON.stringify(error) + String(error)).not.toContain('pass word');
    expect(server.passwords).toEqual(['pass word']);
  });
});
