/**
 * Makes a fresh clone ready: the right Node.js, and the packages of the lock file. Plain JavaScript, because nothing is
 * installed yet when it runs. Run by itself (`node cli/ready.mjs`) or called by the command line.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** What should be installed. */
const lockFile = join(root, 'package-lock.json');
/** What npm says that it has installed. */
const installedFile = join(root, 'node_modules', '.package-lock.json');

/** @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} */
function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

function isInstalled() {
  if (!existsSync(installedFile)) return false;
  const installed = readPackages(installedFile);
  return Object.entries(readPackages(lockFile)).every(
    ([path, { version, optional, devOptional }]) =>
      // Optional ones are for other machines.
      path === '' || optional || devOptional || installed[path]?.version === version,
  );
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`courseport: Node.js 20.19 or newer is needed, this is ${process.version}\n`);
  process.exit(1);
}

function install() {
  process.stderr.write('courseport: installing packages (once, about a minute)\n');
  // Development packages too, whatever NODE_ENV says: building the pages and running TypeScript need them.
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // Standard output stays clean for what the command itself prints.
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write(
      'courseport: Cannot install the packages: "npm ci" failed, see above; check the connection to the npm registry and try again\n',
    );
    process.exit(1);
  }
}

/** Returns when everything that the project needs from npm is there; ends the process with one clear line otherwise. */
export function makeReady() {
  checkNode();
  if (!isInstalled()) install();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makeReady();
