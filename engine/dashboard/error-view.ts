import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../protocol/canonical-json.ts';
import type { Excerpt } from './facts/excerpt.ts';
import { type Html, html } from './html.ts';
import { jsonBlock } from './parts.ts';

/** Causes of causes are shown this deep. */
const deepestCause = 10;

/** An error that an app reported: name, message, stack, and what caused it. */
export function errorBlock(excerpt: Excerpt, rawHref: string): Html {
  const error = parse(excerpt);
  return error === null
    ? jsonBlock(excerpt, rawHref)
    : html`<div class="error">${errorParts(error, 0)}</div>`;
}

/** An error that stands on the page already, with its stack and its causes, at the element of that id. */
export function errorReference(excerpt: Excerpt, elementId: string): Html {
  const error = parse(excerpt);
  return html`${error === null ? null : messageOf(error)}
<p class="note"><a href="#${elementId}">All of it stands above</a></p>`;
}

/** A run fails by the error of its step, which is stored with both. */
export function isSameError(a: Excerpt | null, b: Excerpt | null): boolean {
  if (a === null || b === null) return false;
  const [first, second] = [parse(a), parse(b)];
  if (first === null || second === null) return a.text === b.text && a.bytes === b.bytes;
  return isDeepStrictEqual(first, second);
}

/** The message of an error of which only the beginning may be known. */
export function errorMessage(json: string | null): string {
  if (json === null) return '';
  const error = parse({ text: json, bytes: json.length, isCut: false });
  return error === null ? json.slice(0, 200) : textOf(error.message) || textOf(error.name);
}

function errorParts(error: Readonly<Record<string, unknown>>, depth: number): Html {
  const { stack, cause, data } = error;
  return html`${messageOf(error)}
${typeof stack === 'string' && stack !== '' ? html`<pre tabindex="0">${stack}</pre>` : null}
${data === undefined || data === null ? null : html`<pre tabindex="0">${JSON.stringify(data, null, 2)}</pre>`}
${causeParts(cause, depth + 1)}`;
}

function messageOf({ name, message }: Readonly<Record<string, unknown>>): Html {
  return html`<p class="message"><strong>${textOf(name) || 'Error'}</strong> ${textOf(message)}</p>`;
}

function causeParts(cause: unknown, depth: number): Html | null {
  if (cause === undefined || cause === null) return null;
  const content =
    isJsonObject(cause) && depth <= deepestCause
      ? errorParts(cause, depth)
      : html`<p class="message">${textOf(cause)}</p>`;
  return html`<div class="cause"><p class="label">Caused by</p>${content}</div>`;
}

function parse(excerpt: Excerpt): Readonly<Record<string, unknown>> | null {
  if (excerpt.isCut) return null;
  try {
    const value: unknown = JSON.parse(excerpt.text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
