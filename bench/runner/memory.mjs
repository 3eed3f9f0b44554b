import { readFileSync, writeFileSync } from "node:fs";

/**
 * Measures how far the resident memory of a process grows while some work is done, in bytes. The kernel keeps the peak, so
 * that none is missed between two looks.
 *
 * @param {number} pid
 * @param {() => Promise<unknown>} work
 */
export async function growthOf(pid, work) {
  // Sets the peak back to what is resident now.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = read(pid, "VmRSS");
  await work();
  return Math.max(0, read(pid, "VmHWM") - before);
}

function read(pid, name) {
  const [, kibibytes] =
    new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}
