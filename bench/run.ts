import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

// Runs every benchmark, one after another: each is a folder here with a run.ts that prints JSON. Arguments name the folders
// to run, all of them unless given; what follows the first option goes to each of them.
const root = fileURLToPath(new URL('.', import.meta.url));
const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith('-'));
const wanted = firstOption === -1 ? words : words.slice(0, firstOption);
const passedOn = firstOption === -1 ? [] : words.slice(firstOption);

const entries = await readdir(root, { withFileTypes: true });
const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`Cannot run ${unknown.join(', ')}: the benchmarks are ${names.join(', ')}\n`);
  process.exit(1);
}

for (const name of names.filter((each) => wanted.length === 0 || wanted.includes(each)).sort()) {
  const script = `${root}${name}/run.ts`;
  const isRunnable = await access(script).then(
    () => true,
    () => false,
  );
  if (!isRunnable) continue;
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...passedOn], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exit(1);
}
