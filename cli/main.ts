import { Command, CommanderError } from 'commander';
import { addDemoCommand } from './commands/demo.ts';
import { addEngineCommand } from './commands/engine.ts';
import { addExportCommand } from './commands/export.ts';
import { addImportCommand } from './commands/import.ts';
import { addImportsCommand } from './commands/imports.ts';
import { addRedirectsCommand } from './commands/redirects.ts';
import { addSimulatorCommand } from './commands/simulator.ts';
import { addStartCommands } from './commands/start.ts';
import { addWebCommand } from './commands/web.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { CommandFailure, exitCodes, failureLine } from './failure.ts';
import { stopWithLauncher } from './launcher.ts';

function createProgram(): Command {
  const program = new Command('courseport')
    .description('Background jobs on Inngest, and the course import engine on them')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'courseport: ')) })
    .showHelpAfterError('(see --help)');

  addDemoCommand(program);
  addStartCommands(program);
  addImportCommand(program);
  addImportsCommand(program);
  addExportCommand(program);
  addRedirectsCommand(program);
  addEngineCommand(program);
  addSimulatorCommand(program);
  addWorkerCommand(program);
  addWebCommand(program);
  inheritSettings(program);
  return program;
}

function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
}

/** Runs a command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  stopWithLauncher();
  const exitCode = await run(argv);
  // Not left to the event loop: a hanging connection must not keep a finished command at the terminal.
  process.exit(exitCode);
}

/**
 * Runs a command line. Failures are one line on standard error.
 *
 * @returns its exit code
 */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    const program = createProgram();
    if (argv.length <= 2) program.help({ error: true });
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    // Commander has said what is wrong already.
    if (!(error instanceof CommanderError)) process.stderr.write(`courseport: ${failureLine(error)}\n`);
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  return exitCodes.failed;
}
