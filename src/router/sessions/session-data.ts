import type { TRPCMutationProcedure, TRPCQueryProcedure } from "@trpc/server";
import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { ReasonedError } from "../reasoned-error.js";
import { sessionsOf, type SessionsService } from "../services.js";
import { sessionNotFound } from "./session-not-found.js";
import { mergeStored } from "../stored-fields.js";

const { userProcedure } = builtinRoot;

type Fields = Readonly<Record<string, unknown>>;

/** The schema of the data that an app stores with each session. */
export type SessionSchema = z.ZodObject;

/** The `sessions.data` procedures, typed by the app's schema. */
export type SessionDataProcedures<TSchema extends SessionSchema> = {
  /** Reads the session's data; `null` if there is none. @throws NOT_FOUND (NO_SESSION, SESSION_NOT_FOUND) */
  get: TRPCQueryProcedure<{ input: void; output: z.output<TSchema> | null; meta: object }>;
  /** Replaces the session's data. @throws BAD_REQUEST, PAYLOAD_TOO_LARGE, NOT_FOUND (NO_SESSION) */
  set: TRPCMutationProcedure<{ input: z.input<TSchema>; output: z.output<TSchema>; meta: object }>;
  /**
   * Sets some fields in one transaction, so that concurrent merges do not overwrite each other. A field that is missing or
   * `undefined` keeps its value. @throws BAD_REQUEST (SESSION_DATA_INVALID), PAYLOAD_TOO_LARGE, NOT_FOUND (NO_SESSION)
   */
  merge: TRPCMutationProcedure<{ input: Partial<z.input<TSchema>>; output: z.output<TSchema>; meta: object }>;
  /** Deletes the session's data, and returns whether there was any. @throws NOT_FOUND (NO_SESSION) */
  clear: TRPCMutationProcedure<{ input: void; output: boolean; meta: object }>;
};

/** The default schema: any object. */
export const anySessionData = z.looseObject({});

/** Creates the procedures of an app's session data. Each is synchronous, and so runs in one transaction. */
export function createSessionData<TSchema extends SessionSchema>(schema: TSchema): SessionDataProcedures<TSchema> {
  function write(services: SessionsService, data: Fields): Fields {
    services.writeData(data);
    return data;
  }

  /** The stored data with some fields changed. Data that another version of the app stored may not match the schema. */
  function merge(services: SessionsService, given: Fields): ReturnType<typeof mergeStored> {
    return mergeStored(schema, stored(services) ?? {}, given);
  }

  function stored(services: SessionsService): Fields | undefined {
    const data = services.readData();
    return typeof data === "object" && data !== null ? mergeStored(schema, data as Fields, {}).data : undefined;
  }

  const procedures = {
    get: userProcedure.query(({ ctx }) => stored(sessionsWithData(ctx)) ?? null),
    set: userProcedure.input(schema as SessionSchema).mutation(({ ctx, input }) => write(sessionsWithData(ctx), input)),
    merge: userProcedure.input(z.record(z.string(), z.unknown())).mutation(({ ctx, input }) => {
      const services = sessionsWithData(ctx);
      const { success, data, error } = merge(services, input);
      if (success) return write(services, data);
      const message = z.prettifyError(error);
      throw new ReasonedError({ code: "BAD_REQUEST", reason: "SESSION_DATA_INVALID", message, cause: error });
    }),
    clear: userProcedure.mutation(({ ctx }) => {
      const services = sessionsWithData(ctx);
      const existed = services.readData() !== undefined;
      services.writeData(undefined);
      return existed;
    }),
  };
  // tRPC cannot infer these types while the schema is generic.
  return procedures as unknown as SessionDataProcedures<TSchema>;
}

function sessionsWithData(ctx: object): SessionsService {
  const services = sessionsOf(ctx);
  const state = services.dataState;
  if (state === "available") return services;
  if (state === "ended") throw sessionNotFound();
  throw new ReasonedError({
    code: "NOT_FOUND",
    reason: "NO_SESSION",
    message:
      "This call has no session, because another Worker made it. Name a session with asUser({ userId, sessionId }), or " +
      "store the data in one of the user's tables.",
  });
}
