import Link from 'next/link';
import { formatCount } from '../lib/format.ts';

export interface PaginationProps {
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  /** Of all pages together. */
  readonly total: number;
  /** What is paged through, for pages with several lists. */
  readonly label?: string;
  readonly hrefOf: (page: number) => string;
}

export function Pagination({ page, pageSize, total, label = 'Pages', hrefOf }: PaginationProps) {
  const lastPage = Math.max(1, Math.ceil(total / pageSize));
  if (lastPage === 1) return null;
  const first = (page - 1) * pageSize + 1;
  return (
    <nav aria-label={label} className="mt-4 flex flex-wrap items-center justify-between gap-3">
      <p className="text-muted text-sm">
        {formatCount(first)} to {formatCount(Math.min(total, page * pageSize))} of {formatCount(total)}
      </p>
      <div className="flex gap-2">
        {page > 1 && (
          <Link className="button" href={hrefOf(page - 1)} rel="prev" scroll={false}>
            Previous
          </Link>
        )}
        {page < lastPage && (
          <Link className="button" href={hrefOf(page + 1)} rel="next" scroll={false}>
            Next
          </Link>
        )}
      </div>
    </nav>
  );
}
