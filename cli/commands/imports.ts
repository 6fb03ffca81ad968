import { Command } from 'commander';
import type { Context } from '../../src/context.ts';
import { readEnv } from '../../src/env.ts';
import { formatBytes } from '../../src/lib/format-bytes.ts';
import { askForKey } from '../ask-for-key.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { exitCodeOf, followToEnd } from '../headless-import.ts';
import { parseCallsOrNone } from '../options.ts';
import { withDatabase } from '../supervisor/with-database.ts';
import { withPlatform } from '../supervisor/with-platform.ts';

type Work = (context: Context, importId: string, signal: AbortSignal) => Promise<number>;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** `imports …`: what can be done about an import that was started, here or on the pages. */
export function addImportsCommand(program: Command): void {
  const imports = new Command('imports').description('pause, resume, retry, cancel or remove imports');
  imports.addCommand(
    new Command('list')
      .description('the latest imports, with their ids')
      .action(() => withDatabase(readEnv(process.env), list)),
  );
  imports.addCommand(
    verb('pause', 'stop the work on an import until it is resumed').action((id: string) =>
      run('pause', id, pause),
    ),
  );
  imports.addCommand(
    verb('resume', 'let a paused import go on, and show it to its end').action((id: string) =>
      run('resume', id, resume),
    ),
  );
  imports.addCommand(
    verb('retry', 'try the failed items of an ended import again, and show it to its end')
      .option('--fixed', 'also those whose cause you had to remove first', false)
      .action((id: string, { fixed }: { fixed: boolean }) => run('retry', id, retry(fixed))),
  );
  imports.addCommand(
    verb('cancel', 'end an import; what arrived stays').action((id: string) => run('cancel', id, cancel)),
  );
  imports.addCommand(
    verb('roll-back', 'remove what an ended import made')
      .option('--yes', 'do not ask whether that is meant', false)
      .action(async (id: string, { yes }: { yes: boolean }) => {
        await assertMeant(id, yes);
        await run('roll-back', id, rollBack);
      }),
  );
  imports.addCommand(
    verb(
      'replace-key',
      "give the import's school a new API key, from TEACHABLE_API_KEY or asked for, after it was checked",
    ).action(async (id: string) => {
      const apiKey = await askForKey(readEnv(process.env), 'replace the key');
      await run('replace-key', id, replaceKey(apiKey));
    }),
  );
  imports.addCommand(
    verb(
      'monthly-calls',
      "say how many API calls a month the plan of the import's school includes: its imports pause before they are used up",
    )
      .argument('<calls>', 'a whole number, or none where it is not known', parseCallsOrNone)
      .action((id: string, calls: number | null) =>
        withDatabase(readEnv(process.env), (context) => setMonthlyCalls(context, id, calls)),
      ),
  );
  program.addCommand(imports);
}

function verb(name: string, description: string): Command {
  return new Command(name).description(description).argument('<id>', 'id of the import (imp_…)');
}

async function run(name: string, importId: string, work: Work): Promise<void> {
  process.exitCode = await withPlatform(
    {
      command: `courseport imports ${name}`,
      env: readEnv(process.env),
      extraEnv: {},
      whenStopped: 'the import itself goes on when the platform runs',
    },
    async (signal) => {
      const { closeContext, getContext } = await import('../../src/context.ts');
      try {
        return await work(getContext(), importId, signal);
      } finally {
        await closeContext();
      }
    },
  );
}

async function list(context: Context): Promise<void> {
  const { listImports } = await import('../../src/imports/list.ts');
  const imports = await listImports(context);
  if (imports.length === 0) process.stderr.write('courseport: no imports yet\n');
  for (const { id, status, title, sourceCourseId } of imports) {
    say(`${id}  ${status.padEnd(10)}${title ?? `Course ${sourceCourseId}`}`);
  }
}

const pause: Work = async (context, importId) => {
  const { pauseImport } = await import('../../src/imports/pause.ts');
  await pauseImport(context, { importId });
  say(`Paused ${importId}`);
  return exitCodes.done;
};

const resume: Work = async (context, importId, signal) => {
  const { resumeImport } = await import('../../src/imports/resume.ts');
  await resumeImport(context, { importId });
  return exitCodeOf(await followToEnd(context, importId, signal));
};

function retry(fixed: boolean): Work {
  return async (context, importId, signal) => {
    const { retryFailed } = await import('../../src/imports/retry-failed.ts');
    const { reopened, left } = await retryFailed(context, { importId, fixed });
    process.stderr.write(`courseport: ${reopened} failed items are tried again, ${left} stay as they are\n`);
    return exitCodeOf(await followToEnd(context, importId, signal));
  };
}

const cancel: Work = async (context, importId) => {
  const { cancelImport } = await import('../../src/imports/cancel.ts');
  await cancelImport(context, { importId });
  say(`Cancelled ${importId}; "courseport imports roll-back ${importId}" removes what has arrived`);
  return exitCodes.done;
};

const rollBack: Work = async (context, importId) => {
  const { rollBackImport } = await import('../../src/imports/roll-back.ts');
  const { objects, assets, bytes } = await rollBackImport(context, { importId });
  say(`Removed ${objects} objects and ${assets} stored files (${formatBytes(bytes)})`);
  return exitCodes.done;
};

function replaceKey(apiKey: string): Work {
  return async (context, importId) => {
    const { replaceKey: replace } = await import('../../src/imports/replace-key.ts');
    await replace(context, { importId, apiKey });
    say(`The school of ${importId} has a new key`);
    return exitCodes.done;
  };
}

async function setMonthlyCalls(context: Context, importId: string, calls: number | null): Promise<void> {
  const { setMonthlyCalls: set } = await import('../../src/imports/monthly-calls.ts');
  const { usedCalls, reservedCalls } = await set(context, { importId, calls });
  const used = `${usedCalls} made from here this month`;
  say(
    calls === null
      ? `The calls a month of the school of ${importId} are not known: ${used}`
      : `The school of ${importId} has ${calls} calls a month: ${used}, ${reservedCalls} kept in reserve`,
  );
}

async function assertMeant(importId: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new CommandFailure(
      `Cannot ask whether ${importId} is to be removed: confirm with --yes`,
      exitCodes.usage,
    );
  }
  const { confirm } = await import('@inquirer/prompts');
  const isMeant = await confirm(
    { message: `Remove everything that ${importId} made? This cannot be undone.`, default: false },
    { output: process.stderr },
  );
  if (!isMeant) throw new CommandFailure('Nothing was removed');
}
