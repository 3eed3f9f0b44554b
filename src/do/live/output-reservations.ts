import type { Connection } from "../connections/connection.js";
import type { OutputReservation } from "../connections/output-grants.js";
import type { LiveRun } from "./live-run.js";

/** How long room is kept for a run that awaits something, in milliseconds. Then others that wait get it. */
const RUN_TIMEOUT_MS = 1_000;

/** Reserved bytes are rounded up to a multiple of this: the next result may be a little longer than the last one. */
const STEP = 65_536;

/**
 * Room for the results of runs, reserved before the queries run: a result that cannot be sent would be produced in vain, and
 * many of them at once would fill the memory.
 *
 * @param unknownBytes how much is reserved for the first result of a procedure
 */
export function createOutputReservations(unknownBytes: number) {
  const sizeOf = new WeakMap<LiveRun, number>();
  /** How large the results of a procedure have been lately, at most. */
  const sizeOfPath = new Map<string, number>();
  let isProbing = false;

  /**
   * One run at a time may go without room, if its size is not known and not its own member takes the room: its result is
   * probably short, and short results never wait for large ones.
   */
  function probe({ memory }: Connection, isPathKnown: boolean): OutputReservation | undefined {
    if (isProbing || (isPathKnown && memory.memberHasLarge())) return undefined;
    isProbing = true;
    return { bytes: 0, use() {}, release: () => void (isProbing = false) };
  }

  return {
    /** Reserves room on a socket of a run; `undefined` if none of its sockets has any now. They are called when they have. */
    reserve(run: LiveRun): OutputReservation | undefined {
      const known = sizeOf.get(run);
      const ofPath = sizeOfPath.get(run.call.path);
      for (const { connection } of run.subscribers) {
        if (connection.isWaiting()) continue;
        const reservation = connection.reserve(known ?? ofPath ?? unknownBytes);
        if (reservation) return reservation.bytes > 0 ? withTimeout(reservation) : reservation;
        const probing = known === undefined ? probe(connection, ofPath !== undefined) : undefined;
        if (probing) return withTimeout(probing);
      }
      return undefined;
    },

    /** Notes how large the frame of a run's result was. */
    note(run: LiveRun, frameBytes: number): void {
      const { path } = run.call;
      const bytes = Math.ceil(frameBytes / STEP) * STEP;
      sizeOf.set(run, bytes);
      sizeOfPath.set(path, Math.max(bytes, Math.floor((sizeOfPath.get(path) ?? 0) * 0.9)));
    },
  };
}

function withTimeout(reservation: OutputReservation): OutputReservation {
  let timer: ReturnType<typeof setTimeout> | undefined = setTimeout(release, RUN_TIMEOUT_MS);

  function release(): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    reservation.release();
  }

  return { bytes: reservation.bytes, use: reservation.use, release };
}
