import { parseJson } from '../protocol/parse-json.ts';
import { findJsonMistake } from './json-mistake.ts';

/** Reads JSON that a person typed. @throws {SyntaxError} with a message for that person */
export function readTypedJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const mistake = findJsonMistake(text);
    if (mistake === null) throw error;
    const { line, column, expected } = mistake;
    throw new SyntaxError(`This is not JSON: in line ${line}, column ${column}, there has to be ${expected}`);
  }
}
