import { z } from "zod";
import type { Presence } from "../../router/presence/presence-api.js";
import type { PresenceService } from "../../router/presence/presence-service.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { byteLength } from "../../shared/byte-length.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { RequestContext } from "../lifecycle/request-context.js";
import { encodeJson } from "../tables/codec/json-codec.js";
import { currentRecorder } from "../tables/reads/read-recorder.js";
import { ValueError } from "../tables/table-errors.js";
import { describeIssues } from "../tables/write/parse-row.js";
import {
  createPresenceTracker,
  PRESENCE_TABLE,
  type PresenceTracker,
  type PresenceTrackerOptions,
} from "./create-presence.js";

/** Most bytes of a state as JSON text. An attachment has 16,384, of which subscriptions use at most 12,288. */
const MAX_BYTES = 1_024;

export interface OwnerPresenceOptions extends Omit<PresenceTrackerOptions, "state" | "sql" | "arm"> {
  readonly state: DurableObjectState;
  /** The schema of states; `undefined` if the app declares no presence for this kind of owner. */
  readonly schema: z.core.$ZodType | undefined;
  readonly alarms: Pick<Alarms, "register" | "arm">;
}

/** Creates the presence of one owner. */
export function createOwnerPresence({ schema, alarms, ...options }: OwnerPresenceOptions) {
  const { state } = options;
  // The statements are not recorded: live queries depend on what is announced.
  const tracker = schema && createPresenceTracker({ ...options, sql: state.storage.sql, arm: alarms.arm });
  if (tracker) alarms.register(tracker.task);

  function required(): PresenceTracker {
    if (tracker) return tracker;
    throw new ReasonedError({
      code: "BAD_REQUEST",
      reason: "PRESENCE_NOT_DECLARED",
      message: "The app declares no presence for this kind of owner. Add a schema to `presence` of initUserDO.",
    });
  }

  return {
    tracker,

    /** Everyone who is present, for the change hub. */
    snapshots: new Map(tracker && [[PRESENCE_TABLE, () => ({ type: "sync", members: tracker.list() })]]),

    /** Who is connected, for one call. */
    presence: (changes: (signal: AbortSignal | undefined) => AsyncIterable<unknown>): Presence<never> => {
      const presence = {
        list() {
          const present = required();
          currentRecorder()?.recordRead({ table: PRESENCE_TABLE });
          return present.list();
        },
        watch({ signal }: { signal?: AbortSignal | undefined } = {}) {
          required();
          return changes(signal);
        },
      };
      // The public types follow the schema.
      return presence as unknown as Presence<never>;
    },

    /** The connections of one caller. */
    service: ({ caller, socketKey }: Pick<RequestContext, "caller" | "socketKey">): PresenceService => ({
      nameConnection: (name) => required().nameConnection(caller, socketKey, name),
      set(state, name) {
        const present = required();
        const text = encode(schema, state);
        if (!present.set(caller, { key: socketKey, name }, text)) throw connectionNotFound();
      },
    }),
  };
}

/** @throws ReasonedError BAD_REQUEST (PRESENCE_INVALID), PAYLOAD_TOO_LARGE (PRESENCE_TOO_LARGE) */
function encode(schema: z.core.$ZodType | undefined, state: unknown): string {
  const result = z.safeParse(schema ?? z.never(), state);
  if (!result.success) throw stateInvalid(describeIssues(result.error.issues), result.error);
  let text: string;
  try {
    text = encodeJson(result.data);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw stateInvalid(`It ${error.message}`, error);
  }
  if (byteLength(text) <= MAX_BYTES) return text;
  throw new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "PRESENCE_TOO_LARGE",
    message: "The state of a connection is larger than 1 KiB. Store larger data in a table, and set the id of its row.",
  });
}

function stateInvalid(problem: string, cause: unknown): ReasonedError {
  const message = `The state of the connection is not valid. ${problem}`;
  return new ReasonedError({ code: "BAD_REQUEST", reason: "PRESENCE_INVALID", message, cause });
}

function connectionNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "CONNECTION_NOT_FOUND",
    message:
      "The session has no open socket with this name. Subscribe to presence.watch with the same `connection`, or call " +
      "presence.set over the socket.",
  });
}
