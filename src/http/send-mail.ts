import { createTransport } from 'nodemailer';
import type { Env } from '../env.ts';
import { AppError } from '../errors/app-error.ts';

export interface Mail {
  /** The same for a repeat, so that mail programs show it once (RFC 5322 §3.6.4). Letters, digits and underscores. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

export type MailSettings = Pick<Env, 'SMTP_URL' | 'MAIL_FROM' | 'MAIL_TO'>;

/** For a connection, a greeting, and each answer. */
const timeoutMs = 30_000;

/**
 * Sends a plain text to the receivers of `MAIL_TO`. A password goes over TLS alone, except to a server on this machine.
 *
 * @returns how many receivers the server took it for; 0 where no server is set
 * @throws {AppError} `MAIL_FAILED`: never to be repeated when the server refuses it for good (RFC 5321 §4.2.1), later otherwise
 */
export async function sendMail({ SMTP_URL, MAIL_FROM, MAIL_TO }: MailSettings, mail: Mail): Promise<number> {
  if (SMTP_URL === undefined) return 0;
  const { protocol, hostname, port, username, password } = new URL(SMTP_URL);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && username !== '' && !loopback.test(hostname),
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  try {
    const { accepted } = await transport.sendMail({
      from: MAIL_FROM,
      to: MAIL_TO,
      subject: mail.subject,
      text: mail.text,
      messageId: `<${mail.id}@courseport>`,
    });
    return accepted.length;
  } catch (error) {
    throw mailFailed(hostname, error);
  } finally {
    transport.close();
  }
}

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function mailFailed(host: string, error: unknown): AppError {
  const { responseCode = 0, message } = error as {
    readonly responseCode?: number;
    readonly message?: string;
  };
  return new AppError({
    code: 'MAIL_FAILED',
    message: `Cannot send an e-mail through ${host}: ${message ?? String(error)}; check SMTP_URL, MAIL_FROM and MAIL_TO`,
    publicMessage: 'An e-mail could not be sent. The operator has to check the settings of the mail server.',
    retry: responseCode >= 500 ? 'never' : 'later',
    cause: error,
  });
}
