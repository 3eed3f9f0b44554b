/** As much of TanStack Query as the bridge touches: any of its versions and adapters fits, and none is imported. */
export interface CachedQuery {
  readonly queryKey: readonly unknown[];
  readonly queryHash: string;
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  readonly options: { readonly queryKey?: readonly unknown[] | undefined };
  readonly observers: readonly {
    readonly options: { readonly meta?: Readonly<Record<string, unknown>> | undefined };
  }[];
  readonly state: { readonly data: unknown; readonly errorUpdateCount: number; readonly fetchStatus: string };
  isActive(): boolean;
  reset(): void;
  fetch(options?: undefined, fetchOptions?: { readonly cancelRefetch?: boolean }): Promise<unknown>;
  setData(data: unknown, options: { readonly manual: boolean }): unknown;
  setState(state: object): void;
}

export interface CachedMutation {
  readonly options: object;
  readonly state: { readonly status: string; readonly isPaused: boolean };
}

/** What a cache tells of one of its queries. */
export interface CacheEvent {
  readonly type: string;
  readonly query: CachedQuery;
  readonly action?: { readonly type: string };
}

/** A `QueryClient` of TanStack Query. */
export interface LiveQueryClient {
  getQueryCache(): {
    getAll(): readonly CachedQuery[];
    find(filters: { readonly queryKey: readonly unknown[] }): CachedQuery | undefined;
    remove(query: never): void;
    subscribe(listener: (event: never) => void): () => void;
  };
  getMutationCache(): {
    getAll(): readonly CachedMutation[];
    remove(mutation: never): void;
  };
}

/** The `notifyManager` of TanStack Query: what happens in one batch is rendered at once. */
export interface LiveNotifyManager {
  batch<TResult>(run: () => TResult): TResult;
}
