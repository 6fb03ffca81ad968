import { type Column, type SQL, sql } from 'drizzle-orm';

/** Sorts by a column in the order of a list of its values. */
export function inOrderOf(column: Column, values: readonly string[]): SQL {
  const list = sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );
  return sql`array_position(array[${list}]::text[], ${column})`;
}
