import Link from 'next/link';
import { itemKinds, itemStatuses } from '../../../src/db/schema/imports.ts';
import type { ItemView } from '../../../src/imports/types.ts';
import { formatBytes } from '../../../src/lib/format-bytes.ts';
import { Badge } from '../../components/badge.tsx';
import { Empty } from '../../components/empty.tsx';
import { Pagination } from '../../components/pagination.tsx';
import { formatCount, formatQuantity } from '../../lib/format.ts';
import { itemKindWords, itemStatusWords } from '../../lib/words.ts';
import { Filter, FilterForm } from './filter-form.tsx';
import { type ImportQuery, importHref } from './import-query.ts';

export interface ItemsProps {
  readonly importId: string;
  /** Ours; null while nothing of it is there to link to. */
  readonly courseId: string | null;
  readonly query: ImportQuery;
  readonly items: readonly ItemView[];
  /** How many match the filters, on all pages. */
  readonly total: number;
  readonly pageSize: number;
}

/** Everything found at the source and what became of it. */
export function Items({ importId, courseId, query, items, total, pageSize }: ItemsProps) {
  return (
    <section aria-labelledby="items" className="mt-10">
      <h2 id="items" className="text-xl">
        Items <span className="text-muted">{formatCount(total)}</span>
      </h2>
      <Filters importId={importId} query={query} />
      {items.length === 0 ? (
        <Empty title="No items here">Nothing matches this filter, or nothing has been found yet.</Empty>
      ) : (
        <ItemTable items={items} courseId={courseId} />
      )}
      <Pagination
        page={query.page}
        pageSize={pageSize}
        total={total}
        hrefOf={(page) => importHref(importId, query, { page }, 'items')}
      />
    </section>
  );
}

function Filters({ importId, query }: { readonly importId: string; readonly query: ImportQuery }) {
  const { kind, status, page: _page, ...kept } = query;
  return (
    <FilterForm key={`${kind}-${status}`} importId={importId} anchor="items" kept={kept}>
      <Filter name="kind" label="Kind" value={kind}>
        <option value="">All kinds</option>
        {itemKinds.map((each) => (
          <option key={each} value={each}>
            {itemKindWords[each].many}
          </option>
        ))}
      </Filter>
      <Filter name="status" label="Status" value={status}>
        <option value="">All statuses</option>
        {itemStatuses.map((each) => (
          <option key={each} value={each}>
            {itemStatusWords[each].label}
          </option>
        ))}
      </Filter>
    </FilterForm>
  );
}

/** On narrow screens kind and size stand below the title, so that nothing scrolls sideways. */
function ItemTable({ items, courseId }: Pick<ItemsProps, 'items' | 'courseId'>) {
  return (
    <div className="card">
      <table className="w-full">
        <thead>
          <tr className="text-left text-muted text-sm">
            <th className="px-4 py-2.5 font-medium">Title</th>
            <th className="px-4 py-2.5 font-medium max-sm:hidden">Kind</th>
            <th className="px-4 py-2.5 font-medium">Status</th>
            <th className="px-4 py-2.5 text-right font-medium max-sm:hidden">Size</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-line border-t">
          {items.map((item) => (
            <ItemRow key={item.id} item={item} href={hrefOf(item, courseId)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ItemRow({ item, href }: { readonly item: ItemView; readonly href: string | null }) {
  const kind = itemKindWords[item.kind].one;
  const size = item.bytes === null ? null : formatBytes(item.bytes);
  return (
    <tr className="align-baseline">
      <td className="wrap-anywhere px-4 py-2.5">
        {href ? (
          <Link href={href} className="link">
            {item.title}
          </Link>
        ) : (
          item.title
        )}
        <span className="block text-muted text-sm sm:hidden">
          {size === null ? kind : `${kind}, ${size}`}
        </span>
        {item.reason && <code className="block text-muted text-sm">{item.reason}</code>}
      </td>
      <td className="px-4 py-2.5 text-muted max-sm:hidden">{kind}</td>
      <td className="px-4 py-2.5">
        <Badge word={itemStatusWords[item.status]} />
        {item.attempts > 1 && (
          <span className="block text-muted text-sm">{formatQuantity(item.attempts, 'attempt')}</span>
        )}
      </td>
      <td className="whitespace-nowrap px-4 py-2.5 text-right text-muted max-sm:hidden">{size}</td>
    </tr>
  );
}

/** The page of what the item became, where it has one. */
function hrefOf({ kind, targetId }: ItemView, courseId: string | null): string | null {
  if (targetId === null || courseId === null) return null;
  if (kind === 'course') return `/courses/${targetId}`;
  return kind === 'lesson' ? `/courses/${courseId}/lessons/${targetId}` : null;
}
