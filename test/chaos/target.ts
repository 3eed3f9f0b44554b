import type { Turn } from "./app/write.js";
import type { Source } from "./schedule.js";
import type { Session } from "./session.js";

/** The object that a schedule runs against, and how clients reach its procedures. */
export interface Target {
  /** The object's name in its namespace. */
  readonly name: string;
  readonly socketPath: string;
  /** Whether the object is an organization's, and so has limits for each member. */
  readonly isShared: boolean;
  path(procedure: string): string;
  input(values?: object): object | undefined;
  /** The input that identifies the object in a subscription's message. */
  subscription(source: Source, filler: string): { readonly path: string; readonly input: object };
  touch(session: Session): Promise<unknown>;
  write(session: Session, how: "http" | "batch" | "slowly", turn: Turn): Promise<string[]>;
}

const fillerOf = (filler: string): object => (filler === "" ? {} : { filler });

export function userTarget(path: string, userId: string): Target {
  return {
    name: `user:${userId}`,
    socketPath: path,
    isShared: false,
    path: (procedure) => procedure,
    input: (values) => values,
    subscription: (source, filler) => ({ path: source, input: fillerOf(filler) }),
    touch: ({ http }) => http.touch.query(),
    write: ({ http, batch }, how, turn) =>
      how === "slowly" ? http.writeSlowly.mutate(turn) : (how === "batch" ? batch : http).write.mutate(turn),
  };
}

export function organizationTarget(path: string, organizationId: string): Target {
  const procedurePath = (procedure: string): string => `team.${procedure}`;
  return {
    name: `organization:${organizationId}`,
    socketPath: `${path}?organizationId=${organizationId}`,
    isShared: true,
    path: procedurePath,
    input: (values) => ({ ...values, organizationId }),
    subscription(source, filler) {
      const input = { ...fillerOf(filler), organizationId };
      const isLive = source === "liveItems" || source === "liveNotes";
      return isLive
        ? { path: "_live", input: { organizationId, path: procedurePath(source), input } }
        : { path: procedurePath(source), input };
    },
    touch: ({ http }) => http.team.touch.query({ organizationId }),
    write({ http, batch }, how, turn) {
      const input = { ...turn, organizationId };
      return how === "slowly"
        ? http.team.writeSlowly.mutate(input)
        : (how === "batch" ? batch : http).team.write.mutate(input);
    },
  };
}
