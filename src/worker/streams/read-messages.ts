/**
 * Accepts a socket and yields its text messages until it closes or the signal aborts. Buffers messages that arrive between
 * two reads.
 */
export async function* readMessages(socket: WebSocket, signal?: AbortSignal): AsyncGenerator<string> {
  const buffered: string[] = [];
  let isEnded = signal?.aborted ?? false;
  let wake = (): void => {};
  const end = (): void => {
    isEnded = true;
    wake();
  };
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") buffered.push(data);
    wake();
  });
  socket.addEventListener("close", end);
  socket.addEventListener("error", end);
  signal?.addEventListener("abort", end, { once: true });
  socket.accept();
  try {
    for (;;) {
      const next = buffered.shift();
      if (next !== undefined) yield next;
      else if (isEnded) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
