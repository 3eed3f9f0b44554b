import type { Connection } from "../connections/connection.js";
import type { OutputReservation } from "../connections/output-grants.js";
import { ACK_BYTES } from "./flush-acks.js";
import type { LiveRun } from "./live-run.js";

/** Lifetime of the reservation of an asynchronous run, in milliseconds. Afterwards, waiting frames may use the memory. */
const RUN_TIMEOUT_MS = 1_000;

/** Reservations are rounded up to a multiple of this, in bytes, because the next result may be a little longer. */
const STEP = 65_536;
const SHORT_STEP = 4_096;

export interface OutputReservationsOptions {
  /** The reservation for the first result of a procedure, in bytes. */
  readonly unknownBytes: number;
  /** The size from which a frame counts as large, in bytes. */
  readonly largeFrom: number;
}

/**
 * Reserves memory for results before the queries run. Otherwise results that cannot be sent would be produced in vain, and many at
 * once could fill the memory.
 */
export function createOutputReservations({ unknownBytes, largeFrom }: OutputReservationsOptions) {
  const sizeOf = new WeakMap<LiveRun, number>();
  const lastFrame = new WeakMap<LiveRun, number>();
  /** Largest recent result of each procedure, in bytes. Decays with each result. */
  const sizeOfPath = new Map<string, number>();
  let isProbing = false;

  /**
   * Allows one run at a time without a reservation, if the size of its result is unknown. The result is probably short, and short
   * results never wait for large ones. Not allowed if the procedure is known and the member itself uses the memory.
   */
  function probe({ memory }: Connection, isPathKnown: boolean): OutputReservation | undefined {
    if (isProbing || (isPathKnown && memory.memberHasLarge())) return undefined;
    isProbing = true;
    return { bytes: 0, use() {}, release: () => void (isProbing = false) };
  }

  return {
    /** Reserves memory on a socket of a run. If there is none, returns `undefined`; the sockets resume when there is some. */
    reserve(run: LiveRun): OutputReservation | undefined {
      const known = sizeOf.get(run);
      const ofPath = sizeOfPath.get(run.call.path);
      for (const { connection } of run.subscribers) {
        const bytes = known ?? ofPath ?? unknownBytes;
        if (connection.awaitsPong()) continue;
        const reservation = connection.reserve(bytes);
        if (reservation) return reservation.bytes > 0 ? withTimeout(reservation) : reservation;
        const probing = known === undefined ? probe(connection, ofPath !== undefined) : undefined;
        if (probing) return withTimeout(probing);
      }
      return undefined;
    },

    /**
     * Returns the memory that a socket needs before a run, in bytes: the size of the last frame, if it was short. A large frame has
     * a reservation of its own.
     */
    neededFor(run: LiveRun): number {
      const frameBytes = lastFrame.get(run) ?? 0;
      return frameBytes < largeFrom ? Math.max(frameBytes, ACK_BYTES) : ACK_BYTES;
    },

    /** Records the size of the frame of a run's result. */
    recordSize(run: LiveRun, frameBytes: number): void {
      lastFrame.set(run, frameBytes);
      const { path } = run.call;
      const step = frameBytes < STEP ? SHORT_STEP : STEP;
      const bytes = Math.ceil(frameBytes / step) * step;
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
