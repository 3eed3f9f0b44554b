import { expect, it } from "vitest";
import { openLiveSocket, signUpToLive } from "../../fixtures/live.js";

/** A frame with it counts as short. Twelve of them are more than the memory for short frames of one member, 512 KiB. */
const TEXT = "x".repeat(60_000);

it("delivers each result to all sockets of a member that do not fit into its memory together", async () => {
  const { browser, http } = await signUpToLive();
  const note = await http.notes.create.mutate({ text: TEXT, list: "a" });
  const sockets = await Promise.all(Array.from({ length: 12 }, () => openLiveSocket(browser)));
  for (const socket of sockets) socket.watch("notes.of", { list: "a" });
  const latest = () => sockets.map((socket) => (socket.results(1).at(-1) as { rank: number }[] | undefined)?.[0]?.rank);
  await expect.poll(latest, { timeout: 10_000 }).toEqual(sockets.map(() => note.rank));
  for (let rank = 1; rank <= 3; rank++) {
    await http.notes.update.mutate({ id: note.id, values: { rank } });
    await expect.poll(latest, { timeout: 10_000 }).toEqual(sockets.map(() => rank));
  }
}, 120_000);
