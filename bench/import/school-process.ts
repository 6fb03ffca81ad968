import { generateSchool, startSimulator } from '../../simulator/main.ts';

// A simulated school as a process of its own: argument 1 is JSON, { school: options of generateSchool, faults }.
const { school, faults } = JSON.parse(process.argv[2] ?? '{}');
const simulator = await startSimulator({
  port: 0,
  school: generateSchool({ courses: 1, ...school }),
  faults,
});
process.stdout.write(`${simulator.port}\n`);
process.once('SIGTERM', () => void simulator.stop().then(() => process.exit(0)));
