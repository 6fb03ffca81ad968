import type { Tone, Word } from '../lib/words.ts';

const toneClasses: Readonly<Record<Tone, string>> = {
  neutral: 'bg-sunken text-ink',
  accent: 'bg-accent-soft text-accent-strong',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
};

/** A status as a word on a quiet ground; the word alone says it, the colour only helps. */
export function Badge({ word, live = false }: { readonly word: Word; readonly live?: boolean }) {
  return (
    <span
      className={`inline-flex items-center gap-1.5 whitespace-nowrap rounded-full px-2.5 py-0.5 font-normal text-sm ${toneClasses[word.tone]}`}
    >
      {live && <span aria-hidden="true" className="live-dot size-2 rounded-full bg-current" />}
      {word.label}
    </span>
  );
}
