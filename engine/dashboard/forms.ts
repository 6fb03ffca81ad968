import { assetPath } from './assets.ts';
import { type Html, html } from './html.ts';

/** A text area for JSON, with what is wrong with it. */
export function jsonField(options: {
  readonly label: string;
  readonly name: string;
  readonly json: string;
  readonly problem: string | null;
  readonly rows: number;
}): Html {
  const { label, name, json, problem, rows } = options;
  const state = problem === null ? null : html` aria-invalid="true" aria-describedby="${name}-problem"`;
  return html`<div class="field">
<label for="${name}">${label}</label>
<textarea id="${name}" name="${name}" rows="${rows}" spellcheck="false" autocomplete="off" autocapitalize="off" required${state}>
${json}</textarea>
${problem === null ? null : html`<p class="problem" id="${name}-problem" role="alert">${problem}</p>`}
<script type="module" src="${assetPath('keys.js')}"></script>
</div>`;
}

/** A choice among a few. */
export function selectField(options: {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, text: string])[];
}): Html {
  const { label, name, value, choices } = options;
  return html`<div class="field"><label for="${name}">${label}</label><select id="${name}" name="${name}">${choices.map(
    ([choice, text]) =>
      html`<option value="${choice}"${choice === value ? html` selected` : null}>${text}</option>`,
  )}</select></div>`;
}

/** A line of text, or a time. */
export function textField(options: {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly type?: 'search' | 'datetime-local';
  /** Values to choose from; others may be typed. */
  readonly suggestions?: readonly string[];
}): Html {
  const { label, name, value, type = 'search', suggestions } = options;
  const step =
    type === 'datetime-local'
      ? html` step="1"`
      : html` maxlength="512" spellcheck="false" autocomplete="off"`;
  return html`<div class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" type="${type}" value="${value}"${step}${suggestions === undefined ? null : html` list="${name}-list"`}>${suggestions === undefined ? null : html`<datalist id="${name}-list">${suggestions.map((text) => html`<option value="${text}"></option>`)}</datalist>`}</div>`;
}

/** A button that does something. It is a form of its own, so it works without scripts. */
export function actionButton(text: string, action: string, kind: '' | 'primary' | 'danger' = ''): Html {
  return html`<form method="post" action="${action}"><button class="${kind}">${text}</button></form>`;
}
