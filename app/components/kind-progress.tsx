import type { KindCounts } from '../../src/imports/types.ts';
import { formatCount } from '../lib/format.ts';
import { itemKindWords } from '../lib/words.ts';

/** The ledger's counts of one kind: how far it is as a bar, what became of it in words. */
export function KindProgress({ counts }: { readonly counts: KindCounts }) {
  const { found, imported, unchanged, skipped, failed, pending, running } = counts;
  const done = imported + unchanged + skipped + failed;
  const name = itemKindWords[counts.kind].many;
  const parts = [
    { count: imported, label: 'imported', className: 'fill-accent' },
    { count: unchanged, label: 'unchanged', className: 'fill-line-strong' },
    { count: skipped, label: 'skipped', className: 'fill-warn' },
    { count: failed, label: 'failed', className: 'fill-bad' },
  ];
  const detail = [
    ...parts,
    { count: running, label: 'running', className: '' },
    { count: pending, label: 'waiting', className: '' },
  ]
    .filter((part) => part.count > 0)
    .map((part) => `${formatCount(part.count)} ${part.label}`)
    .join(', ');

  return (
    <div className="grid grid-cols-[1fr_auto] items-start gap-x-4 gap-y-1 py-3 sm:grid-cols-[7rem_1fr_7rem]">
      <dt className="font-medium">{name}</dt>
      <dd className="order-last col-span-2 sm:order-none sm:col-span-1">
        <svg
          role="progressbar"
          aria-label={name}
          aria-valuemin={0}
          aria-valuemax={found}
          aria-valuenow={done}
          aria-valuetext={`${formatCount(done)} of ${formatCount(found)} done`}
          className="mt-2 block h-2.5 w-full overflow-hidden rounded-full bg-sunken"
        >
          {parts.map((part, index) => (
            <rect
              key={part.label}
              className={part.className}
              x={percent(
                parts.slice(0, index).reduce((sum, before) => sum + before.count, 0),
                found,
              )}
              width={percent(part.count, found)}
              height="100%"
            />
          ))}
        </svg>
        <span className="mt-1 block text-muted text-sm">{detail || 'none found yet'}</span>
      </dd>
      <dd className="text-right">
        {formatCount(done)} <span className="text-muted">of {formatCount(found)}</span>
      </dd>
    </div>
  );
}

function percent(count: number, of: number): string {
  return `${of === 0 ? 0 : (100 * count) / of}%`;
}
