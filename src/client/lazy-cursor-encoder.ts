import type { Encoder } from "@trpc/client";

/**
 * The cursor encoder, loaded with the first connection: a page that opens no socket does not download it. Later loads
 * keep the first encoder, because it remembers cursors across the connections of one client.
 */
export function createLazyCursorEncoder(onFlushed: (cursor: string) => void) {
  let encoder!: Encoder;

  return {
    /** Call it before the others. */
    async load(): Promise<void> {
      const { createCursorEncoder } = await import("./cursor-encoder.js");
      encoder ??= createCursorEncoder(onFlushed);
    },
    encode: (data: unknown) => encoder.encode(data),
    decode: (data: string | ArrayBuffer | Uint8Array) => encoder.decode(data),
  };
}
