import { type EngineOptions, startEngine } from '../../engine/main.ts';

// An engine as a process of its own, so that a test can kill, pause or stop it. Its options come as JSON in the one
// argument; it prints its address when it is ready. SIGTERM stops it in order; code 2 says that it could not go on.
const options = JSON.parse(process.argv[2] ?? '{}') as EngineOptions;
const engine = await startEngine({
  ...options,
  onFatal: () => process.exit(2),
});
process.once('SIGTERM', () => void engine.stop().then(() => process.exit(0)));
process.stdout.write(`${engine.url}\n`);
