import { canonicalJson, type JsonText } from '../protocol/canonical-json.ts';

/** What calls are told about finished steps (Inngest SDK spec 5.1). A step that only passes time has the memo `null`. */

const errorStart = '{"error":';

export function dataMemo(data: JsonText): JsonText {
  return `{"data":${data}}`;
}

export function errorMemo(error: JsonText): JsonText {
  return `${errorStart}${error}}`;
}

/** The memo of a step that failed for a reason of the engine's own. */
export function failureMemo(name: string, message: string): JsonText {
  return errorMemo(canonicalJson({ name, message }));
}

/** The error in a memo that `errorMemo` made. */
export function errorOf(memo: JsonText): JsonText {
  return memo.slice(errorStart.length, -1);
}
