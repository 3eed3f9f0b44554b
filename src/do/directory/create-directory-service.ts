import type { DirectoryService } from "../../router/admin/directory-service.js";
import type { DirectoryPage, EntryPosition, SchemaStatus, SchemaVersion } from "../../shared/directory.js";
import { emailObjectAddress } from "../../shared/email-object-address.js";
import type { InternalRequest } from "../../shared/internal.js";
import type { Page } from "../../shared/page.js";
import { sendInternal, sendInternalRead } from "../../shared/send-internal.js";
import { stubOf } from "../../shared/object-stub.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import { formatPosition, parsePosition } from "./entry-key.js";
import type { ObjectKind } from "./object-counts.js";
import { mergePages } from "./merge-pages.js";
import { toDirectoryOrganization, toDirectoryUser } from "./present-entries.js";

type DirectoryRead = Extract<
  InternalRequest,
  { op: "listUsers" | "countUsers" | "listOrganizations" | "countSchemas" }
>;

export interface DirectoryServiceOptions {
  readonly identity: () => AppIdentity;
  /** The number of shards that the app configures. */
  readonly shards: number;
  /** The versions of the tables in the running code. */
  readonly current: Readonly<Record<ObjectKind, SchemaVersion>>;
}

/** Reads the directory from all its shards. */
export function createDirectoryService({
  identity,
  shards,
  current,
}: DirectoryServiceOptions): Omit<DirectoryService, "rebuild"> & { rebuild(): Promise<void> } {
  const addressOf = (shard: number) => ({ type: "directory", id: String(shard) }) as const;

  const read = <TRequest extends DirectoryRead>(shard: number, request: TRequest) =>
    sendInternalRead(identity().namespace, addressOf(shard), request);

  /** Reads from all shards. If there were more shards before, those are read too, until their entries are moved. */
  async function readAll<TRequest extends DirectoryRead>(request: TRequest) {
    const configured = Array.from({ length: shards }, (_, shard) => read(shard, request));
    const replies = await Promise.all(configured);
    const most = replies[0]?.shards ?? shards;
    if (most <= shards) return replies;
    const others = Array.from({ length: most - shards }, (_, index) => read(shards + index, request));
    return [...replies, ...(await Promise.all(others))];
  }

  return {
    async listUsers(filter, page) {
      const pages = await readAll({ op: "listUsers", filter, ...rangeOf(page) });
      return toPage(pages, page.limit, toDirectoryUser);
    },

    async countUsers(filter) {
      const replies = await readAll({ op: "countUsers", filter });
      return replies.reduce((sum, { count }) => sum + count, 0);
    },

    async listOrganizations(page) {
      const pages = await readAll({ op: "listOrganizations", ...rangeOf(page) });
      return toPage(pages, page.limit, toDirectoryOrganization);
    },

    async schemaStatus() {
      const replies = await readAll({ op: "countSchemas" });
      const sums = new Map<string, SchemaStatus>();
      for (const status of replies.flatMap(({ versions }) => versions)) {
        const key = JSON.stringify([status.kind, status.framework, status.app]);
        sums.set(key, { ...status, objects: status.objects + (sums.get(key)?.objects ?? 0) });
      }
      return [...sums.values()].map((status) => {
        const { framework, app } = current[status.kind];
        return { ...status, isCurrent: status.framework === framework && status.app === app };
      });
    },

    async findByEmail(email) {
      const { namespace, secrets } = identity();
      const address = await emailObjectAddress(secrets.index, email);
      return sendInternalRead(namespace, address, { op: "findUser" });
    },

    async rebuild() {
      const { namespace } = identity();
      const all = await readAll({ op: "countSchemas" });
      await Promise.all(
        all.map((_each, shard) => sendInternal(stubOf(namespace, addressOf(shard)), { op: "rebuildDirectory" })),
      );
    },
  };
}

/** One entry more than the page shows whether another page follows. */
function rangeOf({ cursor, limit }: DirectoryPage): {
  readonly after: EntryPosition | undefined;
  readonly limit: number;
} {
  return { after: cursor === undefined ? undefined : parsePosition(cursor), limit: limit + 1 };
}

function toPage<TEntry extends EntryPosition & { readonly version: number }, TItem>(
  pages: readonly { readonly entries: readonly TEntry[] }[],
  limit: number,
  toItem: (entry: TEntry) => TItem,
): Page<TItem> {
  const { entries, next } = mergePages(
    pages.map((page) => page.entries),
    limit,
  );
  return { items: entries.map(toItem), nextCursor: next ? formatPosition(next) : null };
}
