import { SMTPServer } from 'smtp-server';
import { onScopeEnd } from './scope.ts';

/** What a mail server took. */
export interface TakenMail {
  readonly to: readonly string[];
  /** Headers and body as they came over the wire. */
  readonly raw: string;
}

export interface MailServer {
  readonly url: string;
  readonly taken: readonly TakenMail[];
  /** Passwords that it was given. */
  readonly passwords: readonly (string | null | undefined)[];
  /** Answers to the next mails, as SMTP codes; 250 when there is none. */
  readonly answers: number[];
}

/** Subject and text of a mail: header words in Q encoding (RFC 2047 §4.2), a body in quoted-printable (RFC 2045 §6.7). */
export function readMail({ raw }: TakenMail): { readonly subject: string; readonly text: string } {
  const end = raw.indexOf('\r\n\r\n');
  const header = raw.slice(0, end).replace(/\r\n[ \t]/g, ' ');
  const [, subject = ''] = /^Subject: (.*)\r$/m.exec(header) ?? [];
  const words = subject
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?UTF-8\?Q\?(.*?)\?=/g, (_, word: string) => word.replaceAll('_', ' '));
  return { subject: unquote(words), text: unquote(raw.slice(end + 4)).replaceAll('\r\n', '\n') };
}

function unquote(quoted: string): string {
  const bytes = quoted
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A real SMTP server that takes mail for everybody. */
export async function startMailServer(): Promise<MailServer> {
  const taken: TakenMail[] = [];
  const answers: number[] = [];
  const passwords: (string | null | undefined)[] = [];
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, _session, done) {
      passwords.push(password);
      done(null, { user: username });
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const responseCode = answers.shift() ?? 250;
        if (responseCode !== 250) return done(Object.assign(new Error('Refused'), { responseCode }));
        const to = session.envelope.rcptTo.map(({ address }) => address);
        taken.push({ to, raw: Buffer.concat(chunks).toString('utf8') });
        done();
      });
    },
  });
  server.on('error', () => {});
  const listening = server.listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  onScopeEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = listening.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { url: `smtp://127.0.0.1:${port}`, taken, passwords, answers };
}
