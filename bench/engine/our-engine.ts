import { startEngine } from '../../engine/main.ts';
import { keepHeapSmall } from '../../engine/small-heap.ts';

// Our engine as a process of its own: argument 1 is the database's address.
keepHeapSmall();
const [databaseUrl = ''] = process.argv.slice(2);
const engine = await startEngine({ databaseUrl, port: 0, sdkUrls: [], eventKeys: [], dev: true });
process.stdout.write(`${engine.port}\n`);
process.once('SIGTERM', () => void engine.stop().then(() => process.exit(0)));
