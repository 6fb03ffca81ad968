/** Text that is HTML already and is not escaped again. Only `html` makes it. */
export class Html {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static of(strings: readonly string[], parts: readonly Part[]): Html {
    return new Html(
      strings.map((text, index) => text + (index < parts.length ? write(parts[index] ?? null) : '')).join(''),
    );
  }
}

export type Part = Html | string | number | null | readonly Part[];

/** Puts values into HTML: into text, or into attributes within double quotes. All that is no HTML yet is escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return Html.of(strings, parts);
}

function write(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(write).join('');
  return escapeHtml(String(part));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
