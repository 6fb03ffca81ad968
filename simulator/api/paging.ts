/** The `meta` of a list, as the wire has it. */
export interface Meta {
  readonly total: number;
  readonly page: number;
  readonly from: number;
  readonly to: number;
  readonly per_page: number;
  readonly number_of_pages: number;
}

const maxPerPage = 100;

/** The wanted page; `per` above 100 is clamped, `per_page` is not a parameter (docs.teachable.com, "Pagination"). */
export function paginate<T>(
  items: readonly T[],
  query: { readonly page?: string | undefined; readonly per?: string | undefined },
  defaultPer = 20,
): { readonly items: readonly T[]; readonly meta: Meta } {
  const per = Math.min(positive(query.per) ?? defaultPer, maxPerPage);
  const page = positive(query.page) ?? 1;
  const start = (page - 1) * per;
  const shown = items.slice(start, start + per);
  const meta = {
    total: items.length,
    page,
    from: shown.length === 0 ? 0 : start + 1,
    to: start + shown.length,
    per_page: per,
    number_of_pages: Math.ceil(items.length / per),
  };
  return { items: shown, meta };
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
