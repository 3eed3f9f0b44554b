import { TRPCError, type TRPCMutationProcedure, type TRPCQueryProcedure } from "@trpc/server";
import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { sessionsOf } from "./sessions-of.js";
import type { SessionsService } from "../services.js";
import { mergeStored } from "../stored-fields.js";

const { userProcedure } = builtinRoot;

type Fields = Readonly<Record<string, unknown>>;

/** The schema of the data that an app keeps for each session. */
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
  function write(services: SessionsService, data: Fields): Fields {
    services.writeData(data);
    return data;
  }

  /** The stored data with some fields changed. Data that another version of the app stored may no longer fit. */
  function merge(services: SessionsService, given: Fields): ReturnType<typeof mergeStored> {
    return mergeStored(schema, stored(services) ?? {}, given);
  }

  function stored(services: SessionsService): Fields | undefined {
    const data = services.readData();
    return typeof data === "object" && data !== null ? mergeStored(schema, data as Fields, {}).data : undefined;
  }

  const procedures = {
    get: userProcedure.query(({ ctx }) => stored(withData(ctx)) ?? null),
    set: userProcedure.input(schema as SessionSchema).mutation(({ ctx, input }) => write(withData(ctx), input)),
    merge: userProcedure.input(z.record(z.string(), z.unknown())).mutation(({ ctx, input }) => {
      const services = withData(ctx);
      const { success, data, error } = merge(services, input);
      if (success) return write(services, data);
      throw new TRPCError({ code: "BAD_REQUEST", message: z.prettifyError(error), cause: error });
    }),
    clear: userProcedure.mutation(({ ctx }) => {
      const services = withData(ctx);
      const had = services.readData() !== undefined;
      services.writeData(undefined);
      return had;
    }),
  };
  // The same procedures: tRPC cannot work their types out while the schema is still generic.
  return procedures as unknown as SessionDataProcedures<TSchema>;
}

function withData(ctx: object): SessionsService {
  const services = sessionsOf(ctx);
  if (services.hasData) return services;
  throw new TRPCError({
    code: "NOT_FOUND",
    message: "This call has no session to keep data in: another Worker makes it. Keep what is the user's in a table.",
  });
}
