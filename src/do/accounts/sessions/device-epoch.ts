import { toBase64Url } from "../../../shared/base64url.js";

/**
 * The version of an account's remembered browsers. The device cookie carries the epoch that it was written in, and is
 * valid in that epoch only.
 */
export interface DeviceEpochStore {
  /** 11 characters, or `""` until the epoch changes for the first time. */
  read(): string;
  /** Invalidates the device cookies that were written before. */
  advance(): void;
}

export const deviceEpochSchema =
  "CREATE TABLE IF NOT EXISTS _device_epoch (only INTEGER PRIMARY KEY CHECK (only = 1), epoch TEXT NOT NULL) STRICT";

export function createDeviceEpochStore(sql: SqlStorage): DeviceEpochStore {
  return {
    read() {
      const [row] = sql.exec("SELECT epoch FROM _device_epoch").toArray();
      return row ? String(row["epoch"]) : "";
    },
    advance() {
      // Random rather than counted: storage that is restored to an earlier time would count to the same numbers again.
      const epoch = toBase64Url(crypto.getRandomValues(new Uint8Array(8)));
      sql.exec("INSERT OR REPLACE INTO _device_epoch (only, epoch) VALUES (1, ?)", epoch);
    },
  };
}
