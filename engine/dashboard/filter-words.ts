import type { RunStatus } from '../runs/run.ts';
import { type Html, html } from './html.ts';
import type { TimeSpan } from './query.ts';

/** What a filter asks for in words, for whoever finds nothing by it. */

export function noRunText(filter: {
  readonly status: RunStatus | null;
  readonly slug: string;
  readonly event: string;
  readonly span: TimeSpan;
}): Html {
  const { status, slug, event, span } = filter;
  return sentence('There is no run', [
    status && html`that is ${status}`,
    slug === '' ? null : html`of the function ${strong(slug)}`,
    event === '' ? null : html`started by the event ${strong(event)}`,
    ...spanParts('created', span),
  ]);
}

export function noEventText(filter: { readonly search: string; readonly span: TimeSpan }): Html {
  const { search, span } = filter;
  return sentence('There is no event', [
    search === '' ? null : html`with the id ${strong(search)} or a name that begins so`,
    ...spanParts('received', span),
  ]);
}

function spanParts(verb: string, { fromText, toText }: TimeSpan): readonly (Html | null)[] {
  return [
    fromText === '' ? null : html`${verb} from ${spaced(fromText)} UTC on`,
    toText === '' ? null : html`${verb} until ${spaced(toText)} UTC`,
  ];
}

function sentence(start: string, parts: readonly (Html | null)[]): Html {
  const known = parts.filter((part) => part !== null);
  return html`${start}${known.map((part, index) => html`${index === 0 ? ' ' : ', '}${part}`)}.`;
}

function strong(text: string): Html {
  return html`<strong>${text}</strong>`;
}

function spaced(time: string): string {
  return time.replace('T', ' ');
}
