#!/usr/bin/env node
import { makeReady } from './ready.mjs';

makeReady();

const { register } = await import('tsx/esm/api');
register();

const { main } = await import('./main.ts');
await main(process.argv);
