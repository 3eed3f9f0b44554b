import type { CachedQuery } from "./query-cache.js";

interface Pages {
  readonly pages: readonly unknown[];
  readonly pageParams: readonly unknown[];
}

type NextParam = (page: unknown, pages: readonly unknown[], param: unknown, params: readonly unknown[]) => unknown;

/** Returns the new result of a page, by its parameter; `undefined` if the page has none. */
export type PageNews = (pageParam: unknown) => { readonly page: unknown } | undefined;

export interface ShowPagesOptions {
  readonly query: CachedQuery;
  readonly news: PageNews;
  /** Returns the key of a page, from its parameter. */
  readonly keyOf: (pageParam: unknown) => string;
}

/**
 * Shows the new results of pages, unless a page now ends at another row, so that the next page no longer starts there. Returns
 * whether the pages still fit together. The module is loaded with the first infinite query, so it must not import a module of
 * the client's first chunk.
 */
export function showPages({ query, news, keyOf }: ShowPagesOptions): boolean {
  const { pages, pageParams } = query.state.data as Pages;
  const after = pages.map((page, index) => {
    const found = news(pageParams[index]);
    return found ? found.page : page;
  });
  const { getNextPageParam } = query.options as { readonly getNextPageParam?: NextParam };
  const isWhole = after.every((page, index) => {
    if (page === pages[index] || index === pages.length - 1 || !getNextPageParam) return true;
    const [before, now] = [pages, after].map((all) => getNextPageParam(all[index], all, pageParams[index], pageParams));
    return keyOf(before) === keyOf(now);
  });
  if (isWhole) query.setData({ pages: after, pageParams }, { manual: true });
  return isWhole;
}
