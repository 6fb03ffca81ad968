import type { ReactNode } from 'react';
import { fieldsOf, type ImportQuery } from './import-query.ts';

export interface FilterFormProps {
  readonly importId: string;
  readonly anchor: 'items' | 'issues';
  /** What the form does not change. */
  readonly kept: Partial<ImportQuery>;
  readonly children: ReactNode;
}

/** Filters one list of the page and keeps the other as it is. Begins again at the first page. */
export function FilterForm({ importId, anchor, kept, children }: FilterFormProps) {
  return (
    <form
      action={`/imports/${importId}#${anchor}`}
      className="my-4 grid grid-cols-2 items-end gap-3 sm:flex sm:flex-wrap"
    >
      {Object.entries(fieldsOf(kept)).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {children}
      <button type="submit" className="button col-span-2">
        Filter
      </button>
    </form>
  );
}

export interface FilterProps {
  readonly name: keyof ImportQuery;
  readonly label: string;
  readonly value: string | undefined;
  readonly children: ReactNode;
}

export function Filter({ name, label, value, children }: FilterProps) {
  return (
    <label className="block">
      <span className="mb-1 block text-muted text-sm">{label}</span>
      <select name={name} defaultValue={value ?? ''} className="input">
        {children}
      </select>
    </label>
  );
}
