import { Command } from 'commander';
import { readEnv } from '../../src/env.ts';
import { CommandFailure } from '../failure.ts';
import { parsePort } from '../options.ts';
import { buildPages } from '../supervisor/build-pages.ts';
import { startPlatform } from '../supervisor/platform.ts';
import { untilStopped } from '../supervisor/until-stopped.ts';

/** `start` and `dev`: the platform for real, built or with reload. */
export function addStartCommands(program: Command): void {
  program.addCommand(
    withPort(new Command('start').description('run the platform: database, engine, web pages')).action(
      (options: { port?: number }) => run('start', options),
    ),
  );
  program.addCommand(
    withPort(
      new Command('dev').description('the same, with pages that reload when their source changes'),
    ).action((options: { port?: number }) => run('dev', options)),
  );
}

function withPort(command: Command): Command {
  return command.option('--port <port>', 'port of the web pages (default: PORT, or 3000)', parsePort);
}

async function run(command: 'start' | 'dev', options: { readonly port?: number }): Promise<void> {
  const env = readEnv(process.env);
  const say = (line: string) => process.stderr.write(`courseport: ${line}\n`);
  if (command === 'start') await buildPages(say);

  await untilStopped(async (stopNow) => {
    const platform = await startPlatform({
      command: `npm ${command === 'start' ? 'start' : 'run dev'}`,
      env,
      host: command === 'start' ? 'web' : 'web-dev',
      ports: { host: options.port ?? env.PORT, engine: env.ENGINE_PORT },
      portFallback: false,
      logToFiles: false,
      onStep: say,
      onGivenUp: (message) => stopNow(new CommandFailure(message)),
    });
    say(`ready at ${platform.hostUrl} (Ctrl-C stops everything)`);
    if (platform.engineUrl !== null) say(`the engine listens at ${platform.engineUrl}`);
    return platform;
  });
}
