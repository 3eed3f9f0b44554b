/**
 * The text messages of a socket as they come, until it closes or the signal says to stop. Accepts the socket.
 * Nothing is lost between two reads: what comes meanwhile waits.
 */
export async function* receive(socket: WebSocket, signal?: AbortSignal): AsyncGenerator<string> {
  const waiting: string[] = [];
  let over = signal?.aborted ?? false;
  let wake = (): void => {};
  const end = (): void => {
    over = true;
    wake();
  };
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") waiting.push(data);
    wake();
  });
  socket.addEventListener("close", end);
  socket.addEventListener("error", end);
  signal?.addEventListener("abort", end, { once: true });
  socket.accept();
  try {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (over) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
