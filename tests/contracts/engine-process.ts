import { pino } from 'pino';
import { type EngineOptions, startEngine } from '../../engine/main.ts';

// An engine as a process of its own, so that a test can kill it. Its options come as JSON in the one argument; it prints
// its address when it is ready.
const options = JSON.parse(process.argv[2] ?? '{}') as EngineOptions;
const engine = await startEngine({ ...options, logger: pino({ level: 'warn' }, pino.destination(2)) });
process.stdout.write(`${engine.url}\n`);
