const tokens = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s"{}[\],:]+/gs;

/** Indents the beginning of a JSON text as `JSON.stringify` would indent the whole. Null if that makes it longer than `longest`. */
export function indentBeginning(json: string, longest: number): string | null {
  let text = '';
  let depth = 0;
  let before = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [token] of json.matchAll(tokens)) {
    const isCloser = token === '}' || token === ']';
    const isAfterOpener = before === '{' || before === '[';
    if (isCloser) depth = Math.max(0, depth - 1);
    if (isCloser !== isAfterOpener || before === ',') text += before === '' ? '' : line();
    text += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
    if (text.length > longest) return null;
    before = token;
  }
  return text;
}
