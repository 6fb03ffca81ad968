import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { Inngest } from 'inngest';
import { createServer } from 'inngest/node';
import { chaosFunctions } from './functions.ts';
import { openJournal } from './journal.ts';

// The app of the chaos test, a process of its own that may be killed: arguments are its port, the engine's address and the
// journal's file.
const [port = '', baseUrl = '', journalFile = ''] = process.argv.slice(2);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const client = new Inngest({ id: 'chaos', baseUrl, isDev: true, logger: silent });
const calls = new AsyncLocalStorage<ServerResponse>();
const functions = chaosFunctions(client, openJournal(journalFile), calls);
const sdk = createServer({ client, functions });

createHttpServer((request, response) => calls.run(response, () => sdk.emit('request', request, response)))
  .listen(Number(port), '127.0.0.1')
  .once('listening', () => process.stdout.write('ready\n'));
