import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Bits and bytes of a WebSocket frame (RFC 6455, section 5.2), valid or invalid. */
export interface RawFrame {
  /** @default 1, a text */
  readonly opcode?: number;
  readonly payload?: string | Buffer;
  /** @default true */
  readonly isLast?: boolean;
  /** @default 0 */
  readonly reservedBits?: number;
  /** @default true */
  readonly isMasked?: boolean;
  /** The length in the header, if it differs from the real one. */
  readonly length?: bigint;
}

export function writeFrame(frame: RawFrame): Buffer {
  const { opcode = 1, payload = "", isLast = true, reservedBits = 0, isMasked = true } = frame;
  const data = Buffer.from(payload as string);
  const length = frame.length ?? BigInt(data.length);
  const mask = isMasked ? randomBytes(4) : Buffer.alloc(0);
  const first = (isLast ? 0x80 : 0) | (reservedBits << 4) | opcode;
  const masked = isMasked ? 0x80 : 0;
  const head = Buffer.from([first, masked | (length < 126n ? Number(length) : length < 65_536n ? 126 : 127)]);
  const extra = Buffer.alloc(length < 126n ? 0 : length < 65_536n ? 2 : 8);
  if (extra.length === 2) extra.writeUInt16BE(Number(length));
  if (extra.length === 8) extra.writeBigUInt64BE(length);
  const body = isMasked ? data.map((byte, index) => byte ^ (mask[index % 4] ?? 0)) : data;
  return Buffer.concat([head, extra, mask, body]);
}

export interface RawClient {
  readonly socket: Socket;
  /** The received texts, and the codes of close frames as `close 4401`. The client answers none of them. */
  readonly received: string[];
  send(frame: RawFrame): void;
}

/** A hand-written WebSocket client that sends only what the test sends: it answers no close and no ping. */
export async function openRaw(port: number, cookie: string): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  const key = randomBytes(16).toString("base64");
  const lines = [
    "GET /trpc HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    `Origin: http://127.0.0.1:${port}`,
    `Cookie: ${cookie}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  const text = first.toString("latin1");
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  if (!text.startsWith("HTTP/1.1 101") || !text.includes(accept)) throw new Error(`No upgrade: ${text}`);
  const received: string[] = [];
  let waiting = first.subarray(first.indexOf("\r\n\r\n") + 4);
  const read = (): void => {
    for (;;) {
      const frame = readFrame(waiting);
      if (!frame) return;
      waiting = frame.rest;
      received.push(frame.opcode === 8 ? `close ${frame.payload.readUInt16BE()}` : frame.payload.toString());
    }
  };
  read();
  socket.on("data", (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    read();
  });
  return { socket, received, send: (frame) => void socket.write(writeFrame(frame)) };
}

/** A server's frame is never masked. */
function readFrame(bytes: Buffer) {
  const [first = 0, second = 0] = bytes;
  const extra = second === 127 ? 8 : second === 126 ? 2 : 0;
  if (bytes.length < 2 + extra) return undefined;
  const length = extra === 8 ? Number(bytes.readBigUInt64BE(2)) : extra === 2 ? bytes.readUInt16BE(2) : second;
  const end = 2 + extra + length;
  if (bytes.length < end) return undefined;
  return { opcode: first & 0x0f, payload: bytes.subarray(2 + extra, end), rest: bytes.subarray(end) };
}
