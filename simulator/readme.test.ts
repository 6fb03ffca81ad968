import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { switches } from './faults/switches.ts';
import { whenForms } from './faults/when.ts';
import { sampleSchool } from './main.ts';
import { assetHosts } from './school/hosts.ts';

const manual = readFileSync(new URL('README.md', import.meta.url), 'utf8');
const rows = manual.split('\n').filter((line) => line.startsWith('|'));

describe('the manual', () => {
  it('has a row for every switch and for nothing else', () => {
    const expected = Object.entries(switches).map(([name, { accepts, fallback, does }]) => {
      const takes = accepts === whenForms ? 'when' : accepts;
      const usual = fallback === '' ? '' : `\`${fallback}\``;
      return `| \`${name}\` | ${takes} | ${usual} | ${does} |`;
    });

    expect(rows.filter((row) => row.split('|').length === 6 && row.startsWith('| `'))).toEqual(expected);
  });

  it('lists the hosts as they behave', () => {
    const heads = { honest: 'true', empty: 'length 0', forbidden: '403' } as const;
    for (const { name, acceptsRanges, head } of assetHosts) {
      expect(rows).toContain(`| \`${name}\` | ${acceptsRanges ? 'yes' : 'no'} | ${heads[head]} |`);
    }
  });

  it('names the courses by id', () => {
    for (const { id, name } of sampleSchool().courses) {
      expect(rows.some((row) => row.startsWith(`| ${id} | ${name?.trim()} |`))).toBe(true);
    }
  });
});
