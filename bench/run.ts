import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

// Runs every benchmark, one after another: each is a folder here with a run.ts that prints JSON. Arguments name the folders
// to run, all of them unless given.
const root = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);

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
  const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exit(1);
}
