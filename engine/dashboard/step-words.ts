import { isJsonObject } from '../protocol/canonical-json.ts';
import { type Html, html } from './html.ts';

const kinds: Readonly<Record<string, string>> = {
  StepRun: 'run',
  StepError: 'run',
  StepFailed: 'run',
  StepPlanned: 'run',
  Sleep: 'sleep',
  WaitForEvent: 'wait for event',
  WaitForSignal: 'wait for signal',
  InvokeFunction: 'invoke',
  Gateway: 'fetch',
  AIGateway: 'AI call',
};

/** What kind of step it is. An operation without a word of ours is called by its own name. */
export function kindOf(op: string): string {
  return kinds[op] ?? op;
}

/** What a step waits or waited for, from the JSON that the engine keeps about it; null if that says nothing we know. */
export function waitText(waitsFor: string | null): Html | null {
  if (waitsFor === null) return null;
  const value: unknown = JSON.parse(waitsFor);
  if (!isJsonObject(value)) return null;
  const { event, signal, function: fn, request, if: condition } = value;
  if (typeof event === 'string') {
    const onlyIf = typeof condition === 'string' ? html` if <code>${condition}</code>` : null;
    return html`event <code>${event}</code>${onlyIf}`;
  }
  if (typeof signal === 'string') return html`signal <code>${signal}</code>`;
  if (typeof fn === 'string') return html`function <code>${fn}</code>`;
  if (isJsonObject(request))
    return html`answer to <code>${String(request.method)} ${String(request.url)}</code>`;
  return null;
}

const wrapperStart = '{"data":';

/** The result within a memo: `{"data": …}` is how it is told to the app, and nothing else stands in it then. */
export function resultOf(memo: string, isCut: boolean): string {
  if (!memo.startsWith(wrapperStart)) return memo;
  if (isCut) return memo.slice(wrapperStart.length);
  const value: unknown = JSON.parse(memo);
  const isWrapper = isJsonObject(value) && Object.keys(value).length === 1;
  return isWrapper ? JSON.stringify(value.data) : memo;
}
