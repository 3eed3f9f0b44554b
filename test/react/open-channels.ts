import { vi } from "vitest";

/** Replaces the global `BroadcastChannel` until `vi.unstubAllGlobals()`. Returns the channels that are open. */
export function stubChannels(): ReadonlySet<BroadcastChannel> {
  const open = new Set<BroadcastChannel>();
  const Channel = globalThis.BroadcastChannel;
  vi.stubGlobal(
    "BroadcastChannel",
    class extends Channel {
      constructor(name: string) {
        super(name);
        open.add(this as never);
      }
      override close(): void {
        open.delete(this as never);
        super.close();
      }
    },
  );
  return open;
}
