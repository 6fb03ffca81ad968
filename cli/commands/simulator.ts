import { Command } from 'commander';
import { generateSchool, parseFaultArguments, startSimulator } from '../../simulator/main.ts';
import { collect, parseCount, parsePort } from '../options.ts';
import { runService } from '../supervisor/in-child.ts';

interface SimulatorCommandOptions {
  readonly port: number;
  readonly courses?: number;
  readonly lessons?: number;
  readonly seed: number;
  readonly fault?: readonly string[];
}

/** A simulated Teachable school, to try things on. */
export function addSimulatorCommand(program: Command): void {
  program.addCommand(
    new Command('simulator')
      .description('run a simulated Teachable school with a sample course, or a generated one of any size')
      .option('--port <port>', 'port on 127.0.0.1; 0 finds a free one', parsePort, 4010)
      .option('--courses <count>', 'generate a school with so many courses instead of the sample', parseCount)
      .option('--lessons <count>', 'lessons in each generated course', parseCount)
      .option('--seed <number>', 'the same seed gives the same school', parseCount, 1)
      .option('--fault <name=value>', 'switch a fault on (may be repeated; see simulator/README.md)', collect)
      .action(async (options: SimulatorCommandOptions) => {
        await runService(
          async () => {
            const simulator = await startSimulator({
              port: options.port,
              seed: options.seed,
              faults: parseFaultArguments(options.fault ?? []),
              ...(options.courses === undefined && options.lessons === undefined
                ? {}
                : {
                    school: generateSchool({
                      courses: options.courses ?? 1,
                      lessons: options.lessons ?? 12,
                      seed: options.seed,
                    }),
                  }),
            });
            return { url: simulator.apiUrl, stop: () => simulator.stop() };
          },
          (url) => {
            process.stderr.write(
              [
                `courseport: the simulated school answers at ${url}`,
                '  try it: TEACHABLE_API_KEY=sim-key npx courseport import --course 510001 \\',
                `          --api-url ${url}`,
                '',
              ].join('\n'),
            );
          },
        );
      }),
  );
}
