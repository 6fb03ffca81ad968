#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { makeReady } from './ready.mjs';

makeReady();

// Here, for all processes alike: Next.js would read it for the web pages alone. What is set already wins.
if (existsSync('.env')) process.loadEnvFile('.env');

const { register } = await import('tsx/esm/api');
register();

const { main } = await import('./main.ts');
await main(process.argv);
