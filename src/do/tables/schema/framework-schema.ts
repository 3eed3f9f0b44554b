import { createHash } from "node:crypto";

/** A change to the framework's own tables. */
export interface SchemaStep {
  /** Names the step in the error when it fails. */
  readonly name: string;
  run(storage: UpgradedStorage): void;
}

/** The parts of an object's storage that steps can change. */
export type UpgradedStorage = Pick<DurableObjectStorage, "sql" | "kv">;

export interface FrameworkSchemaOptions {
  /**
   * SQL that creates the tables of this version, and deletes what another version may have left outdated. It runs again whenever
   * another version has run, so it must not fail or delete data that cannot be rebuilt.
   */
  readonly statements: readonly string[];
  /**
   * Changes to tables that earlier versions created. A step's position is its number, so steps are never removed or
   * reordered, and a released step never changes.
   * @default []
   */
  readonly steps?: readonly SchemaStep[];
}

/**
 * The upgrade failed, so the framework's own tables are still those of an earlier version, which this version cannot
 * use.
 */
export class FrameworkUpgradeError extends Error {
  override readonly name = "FrameworkUpgradeError";
}

/** The framework's own tables in objects of one kind, and their upgrades from earlier versions. */
export interface FrameworkSchema {
  /** The number of the last step. An object that an older version created without one has version 0. */
  readonly version: number;
  /** Changes with the text of any statement. */
  readonly fingerprint: string;
  /** Creates the tables of a new object. */
  install(sql: SqlStorage): void;
  /**
   * Runs the steps after a stored version, and creates missing tables. Must run in a transaction.
   *
   * @throws FrameworkUpgradeError that names the step that failed
   */
  upgrade(storage: UpgradedStorage, from: number): void;
}

export function createFrameworkSchema({ statements, steps = [] }: FrameworkSchemaOptions): FrameworkSchema {
  const script = statements.join(";\n");
  // In one call, because the platform keeps the statement of a call prepared, which takes more time than it saves here.
  const install = (sql: SqlStorage): void => void sql.exec(script);
  let fingerprint: string | undefined;
  return {
    version: steps.length,
    get fingerprint() {
      return (fingerprint ??= createHash("sha256").update(statements.join("\n")).digest("base64url").slice(0, 22));
    },
    install,
    upgrade(storage, from) {
      for (const [index, step] of steps.entries()) {
        if (index < from) continue;
        try {
          step.run(storage);
        } catch (cause) {
          throw new FrameworkUpgradeError(
            `Step ${index + 1} ("${step.name}") of the framework's own tables failed. The data is unchanged. Deploy the ` +
              "earlier version, or one with a corrected step.",
            { cause },
          );
        }
      }
      try {
        install(storage.sql);
      } catch (cause) {
        throw new FrameworkUpgradeError(
          "The framework's own tables could not be created. The data is unchanged. Deploy the earlier version, or a " +
            "corrected one.",
          { cause },
        );
      }
    },
  };
}
