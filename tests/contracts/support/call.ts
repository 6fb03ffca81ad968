import type { AppRequest } from './endpoint.ts';

/** The body of a call to a function (Inngest SDK spec 4.4.1). */
export interface CallBody {
  readonly version: number;
  readonly use_api: boolean;
  readonly event: EventBody;
  readonly events: readonly EventBody[];
  readonly steps: Readonly<Record<string, unknown>>;
  readonly defers?: Readonly<Record<string, unknown>>;
  readonly ctx: {
    readonly run_id: string;
    readonly fn_id: string;
    readonly env: string;
    readonly step_id: string;
    readonly attempt: number;
    readonly max_attempts: number;
    readonly disable_immediate_execution: boolean;
    readonly use_api: boolean;
    readonly stack: { readonly stack: readonly string[]; readonly current: number };
    readonly qi_id: string;
    readonly request_id: string;
    readonly generation_id: number;
    readonly job_id: string;
  };
}

export interface EventBody {
  readonly name: string;
  readonly id: string;
  readonly ts: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** A call to one of an app's functions, and what the app answered to it. */
export interface Call extends AppRequest {
  /** As in the query: the function's slug. */
  readonly slug: string;
  /** As in the query: `step`, or the hash of the one step that is asked for. */
  readonly stepId: string;
  readonly body: CallBody;
  answer: CallAnswer | null;
}

export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export function readCall(request: AppRequest): Call {
  return {
    ...request,
    slug: request.url.searchParams.get('fnId') ?? '',
    stepId: request.url.searchParams.get('stepId') ?? '',
    body: JSON.parse(request.text) as CallBody,
    answer: null,
  };
}

/** What an app reported: the names of the operations of a 206, else the status. */
export function reported(call: Call | undefined): string {
  if (!call?.answer) return 'nothing yet';
  if (call.answer.status !== 206) return String(call.answer.status);
  const ops = JSON.parse(call.answer.text) as { op: string } | readonly { op: string }[];
  return (Array.isArray(ops) ? ops : [ops]).map(({ op }) => op).join(' ');
}
