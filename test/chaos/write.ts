import { TRPCClientError } from "@trpc/client";
import type { Client } from "./client.js";
import { Violation } from "./history.js";
import type { RawKind, Turn, WriteWay } from "./schedule.js";
import type { Session } from "./session.js";
import type { World } from "./world.js";

const isRevoked = ({ revokedAt }: Session): boolean => revokedAt < Infinity;

/** Sends turns over a client's socket, in one message with what must be sent `before` them. */
export async function writeOverSocket(
  { ledger }: World,
  client: Client,
  turns: readonly Turn[],
  before: readonly object[] = [],
): Promise<void> {
  const calls = turns.map((turn) => client.call("mutation", "write", ledger.numbered(turn, isRevoked(client.session))));
  client.send([...before, ...calls.map(({ message }) => message)]);
  if (isRevoked(client.session)) return;
  for (const reply of await Promise.all(calls.map((call) => call.reply))) {
    if (reply.ok) ledger.acknowledge(reply.data as string[]);
    else if (reply.code !== "CONFLICT" && reply.code !== "CLOSED") throw new Violation(`A write failed: ${reply.code}`);
  }
}

export interface HttpWriteOptions {
  readonly how: Exclude<WriteWay, "socket">;
  /**
   * Whether concurrent steps may make it fail.
   * @default false
   */
  readonly mayFail?: boolean;
}

export async function writeOverHttp(
  { ledger, target }: World,
  session: Session,
  turns: readonly Turn[],
  { how, mayFail = false }: HttpWriteOptions,
): Promise<void> {
  const write = async (turn: Turn): Promise<void> => {
    const input = ledger.numbered(turn, isRevoked(session));
    try {
      ledger.acknowledge(await target.write(session, how, input));
    } catch (error) {
      const code = error instanceof TRPCClientError ? (error.data as { code?: string } | undefined)?.code : undefined;
      if (code !== "CONFLICT" && !mayFail) throw new Violation(`A write failed: ${String(error)}`);
    }
  };
  if (how === "batch") await Promise.all(turns.map(write));
  else for (const turn of turns) await write(turn);
}

/** Writes directly to the storage. */
export async function writeRaw(world: World, kind: RawKind, pick: number): Promise<void> {
  await world.object().raw(rawStatements(world, kind, pick));
  // The object delivers direct writes at its next call.
  const [session] = world.alive();
  if (session) await world.target.touch(session);
}

function rawStatements({ ledger }: World, kind: RawKind, pick: number): string[] {
  const value = ledger.number(kind === "bulk" ? 300 : 0);
  const row = (id: string, slot: string): string =>
    `INSERT OR REPLACE INTO items (id, createdAt, updatedAt, n, slot) VALUES ('${id}', 0, 0, ${value}, ${slot})`;
  switch (kind) {
    case "replace":
      return [row(`raw-${pick % 4}`, String((pick % 4) * 3)), row(`raw-${(pick + 1) % 4}`, String((pick % 4) * 3))];
    case "insert":
      return [row(`raw-${value}`, "NULL")];
    case "deleteAll":
      return [`DELETE FROM ${pick % 2 ? "items" : "notes"}`];
    case "updateAll":
      return [`UPDATE ${pick % 2 ? "items" : "notes"} SET n = ${value}`];
    case "bulk":
      return [
        `WITH RECURSIVE each(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM each WHERE i < ${150 + (pick % 150)})
         INSERT INTO notes (id, createdAt, updatedAt, n, text) SELECT 'bulk-${value}-' || i, 0, 0, ${value} + i, '' FROM each`,
      ];
  }
}
