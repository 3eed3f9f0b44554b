/** The members of a TanStack Query query that the bridge uses. The types fit any version and adapter, without an import. */
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

/** An event of a query cache. */
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

/** The `notifyManager` of TanStack Query. Changes in one batch are rendered together. */
export interface LiveNotifyManager {
  batch<TResult>(run: () => TResult): TResult;
}
