import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/main.ts';
import { processesOf, startCommand } from '../support/command.ts';
import { onScopeEnd } from '../support/scope.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export interface RunningPlatform {
  /** Of the web pages. */
  readonly url: string;
  readonly school: Simulator;
  /** Kills the web server without a warning; its supervisor starts it again. */
  killWebServer(): Promise<void>;
}

/** The platform as an owner runs it, pages built for production, beside a simulated school without a rate limit by default. */
export async function startPlatformForPages(
  options: Omit<SimulatorOptions, 'port'> = { faults: { rateLimit: 0 } },
): Promise<RunningPlatform> {
  const school = await startSimulator({ port: 0, ...options });
  onScopeEnd(() => school.stop());
  const dataDir = await temporaryFolder();
  const platform = startCommand(['node', 'cli/courseport.mjs', 'start', '--port', '0'], {
    dataDir,
    env: {
      ENGINE_PORT: '0',
      LOG_LEVEL: 'warn',
      TEACHABLE_API_URL: school.apiUrl,
      ALLOWED_PRIVATE_HOSTS: school.allowedHosts.join(','),
    },
  });
  const [, url = ''] = await platform.waitForOutput(/ready at (http:\S+)/);
  return {
    url,
    school,
    async killWebServer() {
      const web = (await processesOf(dataDir)).find(({ commandLine }) =>
        /courseport\.mjs web /.test(commandLine),
      );
      if (web === undefined) throw new Error('Cannot kill the web server: it does not run');
      process.kill(web.pid, 'SIGKILL');
    },
  };
}
