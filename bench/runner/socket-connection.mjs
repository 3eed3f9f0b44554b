// A WebSocket client with minimal work, because a full client would use up the time that is measured.
import net from "node:net";
import { randomBytes } from "node:crypto";

const HEAD_END = Buffer.from("\r\n\r\n");
const TEXT = 0x81;
const CLOSE = 0x88;
const PONG = frameBytes("PONG");

/**
 * @typedef {object} SocketConnection
 * @property {(frames: Buffer) => void} send one frame, or several of them in a row
 * @property {(listener: (payload: Buffer) => void) => void} onFrame replaces the listener
 * @property {(listener: () => void) => void} onClose replaces the listener
 * @property {(reads: boolean) => void} read whether the client continues to read; otherwise the server has to buffer
 * @property {() => void} close
 */

/**
 * @param {number} port
 * @param {string} path
 * @param {Record<string, string>} [headers]
 * @returns {Promise<SocketConnection>}
 */
export function openSocketConnection(port, path, headers = {}) {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  const all = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.write([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));

  let listener = (_payload) => {};
  let closed = () => {};
  let received = Buffer.alloc(0);
  let isOpen = false;

  return new Promise((resolve, reject) => {
    const connection = {
      send: (frames) => void socket.write(frames),
      onFrame: (next) => void (listener = next),
      onClose: (next) => void (closed = next),
      read: (reads) => void (reads ? socket.resume() : socket.pause()),
      close: () => void socket.destroy(),
    };
    const fail = (error) => {
      socket.destroy();
      reject(error ?? new Error("The server closed the connection."));
    };
    socket.on("error", fail);
    socket.on("close", () => {
      closed();
      fail();
    });
    socket.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (!isOpen) {
        const headEnd = received.indexOf(HEAD_END);
        if (headEnd < 0) return;
        const status = received.latin1Slice(9, 12);
        if (status !== "101") return fail(new Error(`The upgrade was answered with ${status}: ${received}`));
        received = received.subarray(headEnd + HEAD_END.length);
        isOpen = true;
        resolve(connection);
      }
      received = readFrames(received, (type, payload) => {
        if (type === TEXT && isPing(payload)) socket.write(PONG);
        else if (type === TEXT) listener(payload);
        else if (type === CLOSE) socket.destroy();
      });
    });
  });
}

/**
 * A text frame of a client. It is masked with zeros, which do not change the text.
 *
 * @param {string} text
 */
export function frameBytes(text) {
  const payload = Buffer.from(text);
  const size = payload.length;
  const length = Buffer.alloc(size < 126 ? 1 : size < 65_536 ? 3 : 9);
  length[0] = 0x80 | (size < 126 ? size : size < 65_536 ? 126 : 127);
  if (length.length === 3) length.writeUInt16BE(size, 1);
  if (length.length === 9) length.writeBigUInt64BE(BigInt(size), 1);
  return Buffer.concat([Buffer.of(TEXT), length, Buffer.alloc(4), payload]);
}

/** Answers a server that checks whether its frames are read, like tRPC's own client. */
function isPing(payload) {
  return payload.length === 4 && payload.latin1Slice() === "PING";
}

/** Delivers the complete frames, and returns the remaining bytes. */
function readFrames(bytes, onFrame) {
  let at = 0;
  while (bytes.length >= at + 2) {
    const short = bytes[at + 1];
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    if (bytes.length < start) break;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length < start + length) break;
    onFrame(bytes[at], bytes.subarray(start, start + length));
    at = start + length;
  }
  return bytes.subarray(at);
}
