import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './command.ts';

/** Every command line in the shell blocks of the README. */
export function readmeCommands(): readonly string[] {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1] ?? '');
  return blocks.flatMap((block) => block.split('\n').filter((line) => line.trim() !== ''));
}

/**
 * A command of the README, as words to run. Tests get theirs from here, so that the README cannot drift from what is tested.
 *
 * @param replacements words that are examples in the README: a port, an id, a file
 * @throws {Error} when the README has no such command
 */
export function readmeCommand(
  command: string,
  replacements: Readonly<Record<string, string>> = {},
): readonly string[] {
  if (!readmeCommands().includes(command)) throw new Error(`The README has no command "${command}"`);
  return command.split(' ').map((word) => replacements[word] ?? word);
}
