import { TRPCError, type TRPCMutationProcedure, type TRPCQueryProcedure } from "@trpc/server";
import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { sessionsOf } from "./sessions-of.js";
import type { SessionsRoom } from "../room.js";

const { userProcedure } = builtinRoot;

/** What an app keeps for each session: a zod object that accepts what it has given out. */
export type SessionSchema = z.ZodObject;

/** `sessions.data`, in the types of the app's own schema. */
export type SessionDataProcedures<TSchema extends SessionSchema> = {
  /** What this session holds, `null` when nothing was set. @throws NOT_FOUND for a call without a session */
  get: TRPCQueryProcedure<{ input: void; output: z.output<TSchema> | null; meta: object }>;
  /** Replaces all of it. @throws BAD_REQUEST, PAYLOAD_TOO_LARGE, NOT_FOUND */
  set: TRPCMutationProcedure<{ input: z.input<TSchema>; output: z.output<TSchema>; meta: object }>;
  /**
   * Sets some fields and keeps the others, in one step: of two merges at once, both count. A field that is `undefined`
   * is kept. @throws BAD_REQUEST, PAYLOAD_TOO_LARGE, NOT_FOUND
   */
  merge: TRPCMutationProcedure<{ input: Partial<z.input<TSchema>>; output: z.output<TSchema>; meta: object }>;
  /** Forgets all of it, and answers whether there was any. @throws NOT_FOUND */
  clear: TRPCMutationProcedure<{ input: void; output: boolean; meta: object }>;
};

/** Without a schema, an app may keep any object. */
export const anyData = z.looseObject({});

/** The procedures of an app's session data. Each is synchronous, and so one transaction. */
export function createSessionData<TSchema extends SessionSchema>(schema: TSchema): SessionDataProcedures<TSchema> {
  function store(room: SessionsRoom, value: unknown): Record<string, unknown> {
    const { success, data, error } = schema.safeParse(value);
    if (!success) throw new TRPCError({ code: "BAD_REQUEST", message: z.prettifyError(error), cause: error });
    room.writeData(data);
    return data;
  }

  /** What an app of another version left may not fit any more: then there is nothing. */
  function stored(room: SessionsRoom): Record<string, unknown> | undefined {
    return schema.safeParse(room.readData()).data;
  }

  const procedures = {
    get: userProcedure.query(({ ctx }) => stored(withData(ctx)) ?? null),
    set: userProcedure.input(schema as SessionSchema).mutation(({ ctx, input }) => store(withData(ctx), input)),
    merge: userProcedure.input(z.record(z.string(), z.unknown())).mutation(({ ctx, input }) => {
      const room = withData(ctx);
      const given = Object.entries(input).filter(([, value]) => value !== undefined);
      return store(room, { ...stored(room), ...Object.fromEntries(given) });
    }),
    clear: userProcedure.mutation(({ ctx }) => {
      const room = withData(ctx);
      const had = room.readData() !== undefined;
      room.writeData(undefined);
      return had;
    }),
  };
  // The same procedures: tRPC cannot work their types out while the schema is still generic.
  return procedures as unknown as SessionDataProcedures<TSchema>;
}

function withData(ctx: object): SessionsRoom {
  const room = sessionsOf(ctx);
  if (room.hasData) return room;
  throw new TRPCError({
    code: "NOT_FOUND",
    message: "This call has no session to keep data in: another Worker makes it. Keep what is the user's in a table.",
  });
}
