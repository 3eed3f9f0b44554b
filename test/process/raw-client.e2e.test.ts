import { describe, expect, it } from "vitest";
import { openRaw, writeFrame, type RawFrame } from "./raw-client.js";
import { signUp } from "./stock-subscriber.js";
import { useProcess } from "./use-process.js";

const running = useProcess();

const password = "correct horse battery";
const write = (id: number, n: number): RawFrame => ({
  payload: JSON.stringify({ id, method: "mutation", params: { path: "write", input: { json: { n } } } }),
});
const subscribe: RawFrame = { payload: JSON.stringify({ id: 1, method: "subscription", params: { path: "changes" } }) };
const numbersOf = async ({ http }: Awaited<ReturnType<typeof signUp>>) =>
  (await http.all.query()).entries.map(({ n }) => n);

describe("a hand-written WebSocket client", () => {
  it("that ignores its close and sends on after a sign-out executes nothing and receives nothing", async () => {
    const user = await signUp(() => running.port);
    const client = await openRaw(running.port, user.cookie());
    client.send(subscribe);
    client.send(write(2, 1));
    await expect.poll(() => client.received.length).toBe(3);
    await user.http.auth.logout.mutate();
    await expect.poll(() => client.received.at(-1)).toBe("close 4401");

    const count = client.received.length;
    client.send(write(3, 666));
    await user.http.auth.login.mutate({ email: user.email, password });
    await user.http.write.mutate({ n: 2 });
    client.send(write(4, 666));
    // The object has hibernated since, and only the platform knows the socket.
    await running.evict(user.userId);
    client.send(write(5, 666));
    client.send({ payload: "PONG" });
    client.send(subscribe);
    await user.http.write.mutate({ n: 3 });
    expect(await numbersOf(user)).toEqual([1, 2, 3]);
    expect(client.received.slice(count)).toEqual([]);
    client.socket.destroy();
  });

  const frames: [name: string, bytes: () => Buffer][] = [
    ["is not masked", () => writeFrame({ payload: "{}", isMasked: false })],
    ["has reserved bits", () => writeFrame({ payload: "{}", reservedBits: 7 })],
    ["has an unknown opcode", () => writeFrame({ payload: "{}", opcode: 0xb })],
    ["continues a message that did not start", () => writeFrame({ payload: "{}", opcode: 0 })],
    ["is a ping in pieces", () => writeFrame({ payload: "x", opcode: 9, isLast: false })],
    ["is a ping that is too long", () => writeFrame({ payload: "x".repeat(200), opcode: 9 })],
    ["is a close of one byte", () => writeFrame({ payload: "x", opcode: 8 })],
    ["is a close with a reserved code", () => writeFrame({ payload: Buffer.from([0x03, 0xed]), opcode: 8 })],
    ["claims to have 2^63 bytes", () => writeFrame({ payload: "x", length: 2n ** 63n })],
    ["claims to have 40 MiB", () => writeFrame({ payload: "x", length: 40n * 1_048_576n })],
    [
      "is in 20,000 pieces",
      () =>
        Buffer.concat(
          Array.from({ length: 20_000 }, (_, n) =>
            writeFrame({ payload: "x", opcode: n === 0 ? 1 : 0, isLast: n === 19_999 }),
          ),
        ),
    ],
    [
      "is 20,000 empty pieces",
      () =>
        Buffer.concat(Array.from({ length: 20_000 }, (_, n) => writeFrame({ opcode: n === 0 ? 1 : 0, isLast: false }))),
    ],
    [
      "is one of 5,000 pings",
      () => Buffer.concat(Array.from({ length: 5_000 }, () => writeFrame({ opcode: 9, payload: "x" }))),
    ],
    ["is noise", () => Buffer.from(Array.from({ length: 4_096 }, (_, n) => (n * 151) % 256))],
  ];

  it.each(frames)("that sends a frame that %s affects no other client", async (_name, bytes) => {
    const user = await signUp(() => running.port);
    const [hostile, neighbour] = [
      await openRaw(running.port, user.cookie()),
      await openRaw(running.port, user.cookie()),
    ];
    neighbour.send(subscribe);
    await expect.poll(() => neighbour.received.length).toBe(1);
    hostile.socket.write(bytes());
    // Cut off in the middle: an unfinished message never ends.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await user.http.write.mutate({ n: 1 });
    await expect.poll(() => neighbour.received.length).toBe(2);
    hostile.socket.destroy();
    neighbour.send(write(2, 2));
    await expect.poll(() => neighbour.received.length).toBe(4);
    expect((await numbersOf(user)).filter((n) => n > 0)).toEqual([1, 2]);
    neighbour.socket.destroy();
  });
});
