import { readFileSync, writeFileSync } from "node:fs";

/**
 * Measures how far the resident memory of a process grows during some work, in bytes. The kernel records the peak, so
 * short peaks count too.
 *
 * @param {number} pid
 * @param {() => Promise<unknown>} work
 */
export async function growthOf(pid, work) {
  // Resets the peak to the memory that is resident now.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = read(pid, "VmRSS");
  await work();
  return Math.max(0, read(pid, "VmHWM") - before);
}

/** The memory of a process that is resident now, in bytes. @param {number} pid */
export function residentMemory(pid) {
  return read(pid, "VmRSS");
}

function read(pid, name) {
  const [, kibibytes] =
    new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}
