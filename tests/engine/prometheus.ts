/** A family of metrics as its text says it. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[];
}

const samplePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPattern = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/;

/**
 * Reads the Prometheus text format 0.0.4 strictly: every sample follows the HELP and TYPE of its family.
 *
 * @throws {Error} naming the line that is wrong
 */
export function parsePrometheus(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line does not end');
  const families = new Map<string, Family>();
  let help: readonly [string, string] | null = null;
  let current: readonly [string, Family] | null = null;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    if (line.startsWith('# HELP ')) {
      const [name = '', ...words] = line.slice('# HELP '.length).split(' ');
      help = [name, words.join(' ')];
    } else if (line.startsWith('# TYPE ')) {
      const [name = '', type = ''] = line.slice('# TYPE '.length).split(' ');
      if (help?.[0] !== name || families.has(name))
        throw new Error(`TYPE without its HELP, or twice: ${line}`);
      current = [name, { type, help: help[1], samples: [] }];
      families.set(...current);
    } else {
      current = readSample(line, current);
    }
  }
  return families;
}

function readSample(line: string, current: readonly [string, Family] | null): readonly [string, Family] {
  const [, name = '', labelText = '', value = ''] = samplePattern.exec(line) ?? [];
  const suffixes = current?.[1].type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (current === null || !suffixes.some((suffix) => name === current[0] + suffix))
    throw new Error(`A sample outside of its family: ${line}`);
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
  if (value === '' || Number.isNaN(number)) throw new Error(`A value that is no number: ${line}`);
  current[1].samples.push({ name, labels: readLabels(labelText), value: number });
  return current;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [whole = '', name = '', value = ''] = labelPattern.exec(rest) ?? [];
    if (whole === '') throw new Error(`Labels that cannot be read: ${text}`);
    labels[name] = value;
    rest = rest.slice(whole.length);
  }
  return labels;
}
