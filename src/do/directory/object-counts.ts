import type { SchemaStatus, SchemaVersion } from "../../shared/directory.js";

/** The kinds of objects that the directory lists. */
export type ObjectKind = "user" | "organization";

/** Counts the objects of a shard by the version of their tables. */
export function createObjectCounts(sql: SqlStorage) {
  const counts = {
    add(kind: ObjectKind, { framework, app }: SchemaVersion, objects: 1 | -1): void {
      sql.exec(
        `INSERT INTO _object_counts (kind, framework, app, objects) VALUES (?, ?, ?, ?)
         ON CONFLICT (kind, framework, app) DO UPDATE SET objects = objects + excluded.objects`,
        kind,
        framework,
        app,
        objects,
      );
      if (objects < 0)
        sql.exec(
          "DELETE FROM _object_counts WHERE kind = ? AND framework = ? AND app = ? AND objects = 0",
          kind,
          framework,
          app,
        );
    },

    /** Counts an object under its new version instead of its earlier one, if it was counted before. */
    move(kind: ObjectKind, from: SchemaVersion | undefined, to: SchemaVersion): void {
      if (from && from.framework === to.framework && from.app === to.app) return;
      if (from) counts.add(kind, from, -1);
      counts.add(kind, to, 1);
    },

    total: (kind: ObjectKind): number =>
      Number(
        sql.exec("SELECT coalesce(sum(objects), 0) AS objects FROM _object_counts WHERE kind = ?", kind).one()[
          "objects"
        ],
      ),

    list: (): SchemaStatus[] =>
      sql
        .exec("SELECT kind, framework, app, objects FROM _object_counts")
        .toArray()
        .map((row) => ({
          kind: row["kind"] as ObjectKind,
          framework: Number(row["framework"]),
          app: String(row["app"]),
          objects: Number(row["objects"]),
        })),
  };
  return counts;
}
