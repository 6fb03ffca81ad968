import type { Element } from 'hast';
import { parseHtml } from './parse.ts';
import { frameOf } from './providers.ts';
import type { Embed } from './types.ts';
import { elementsOf } from './walk.ts';

/**
 * What an author's embed code shows: the first frame or known widget in it. Scripts are never run, so a widget of an unknown
 * host has no address to show.
 *
 * @param code.html as the author wrote it; may be hostile
 * @param code.url a pasted link to what is shown
 */
export function readEmbed(code: { readonly html: string | null; readonly url?: string | null }): Embed {
  const sourceHtml = code.html ?? code.url ?? '';
  const addresses = [...(code.url ? [code.url] : []), ...addressesIn(code.html ?? '')];
  const [frame] = addresses.flatMap((address) => frameOf(address) ?? []);
  return { frameUrl: frame?.frameUrl ?? null, provider: frame?.provider ?? null, sourceHtml };
}

function addressesIn(html: string): string[] {
  try {
    return elementsOf(parseHtml(html)).flatMap((element) => framedAddress(element) ?? []);
  } catch {
    // Too large to be read is an embed without address: its code is kept all the same.
    return [];
  }
}

/** The address that an element puts into a frame, or that its host's script would. */
export function framedAddress(element: Element): string | null {
  const property = (name: string) => {
    const value = element.properties[name];
    return typeof value === 'string' ? value : null;
  };
  switch (element.tagName) {
    case 'iframe':
      return property('src') ?? property('dataSrc');
    case 'embed':
      return property('src');
    case 'object':
      return property('data');
    default:
      return property('dataUrl') ?? widgetAddress(element);
  }
}

/** Wistia and Typeform name their content in the element that their script fills. */
function widgetAddress(element: Element): string | null {
  const classes = Array.isArray(element.properties.className) ? element.properties.className : [];
  const wistia = classes.map((name) => /^wistia_async_(\w+)$/.exec(String(name))?.[1]).find(Boolean);
  if (wistia) return `https://fast.wistia.net/embed/iframe/${wistia}`;
  const typeform = element.properties.dataTfWidget ?? element.properties.dataTfLive;
  return typeof typeform === 'string' ? `https://form.typeform.com/to/${encodeURIComponent(typeform)}` : null;
}
