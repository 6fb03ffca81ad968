import { parseArgs } from 'node:util';
import { startEmbeddedServer } from './embedded.ts';

/** A process that holds an embedded server: prints what it got as one line of JSON, ends with its stdin. */
const { values } = parseArgs({ options: { 'data-dir': { type: 'string', default: '' } } });

const { pid, port, url, owned, stop } = await startEmbeddedServer({ dataDir: values['data-dir'] });
process.stdout.write(`${JSON.stringify({ pid, port, url, owned })}\n`);
process.stdin.once('end', () => void stop()).resume();
