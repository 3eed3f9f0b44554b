// A kept-alive HTTP/1.1 connection with minimal work, because a full client would use up the time that is measured.
import { once } from "node:events";
import net from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} head the status line and the headers as received
 * @property {Buffer} body
 */

/**
 * Sends one request at a time. Reconnects by itself, because workerd closes a connection that is idle for five seconds.
 *
 * @param {number} port
 * @returns {{ open: () => Promise<void>, send: (request: Buffer) => Promise<Answer>, close: () => void }}
 */
export function createHttpConnection(port) {
  let socket;
  let waiting;

  async function open() {
    if (socket && !socket.destroyed && socket.writable) return;
    const opened = net.connect({ port, host: "127.0.0.1", noDelay: true });
    socket = opened;
    let received = Buffer.alloc(0);
    opened.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const parsed = parseAnswer(received);
      if (!parsed) return;
      received = received.subarray(parsed.length);
      waiting?.resolve(parsed.answer);
      waiting = undefined;
    });
    const fail = (error) => {
      opened.destroy();
      waiting?.reject(error ?? new Error("The server closed the connection."));
      waiting = undefined;
    };
    opened.on("error", fail);
    opened.on("close", () => fail());
    await once(opened, "connect");
  }

  return {
    open,
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (socket?.writable) socket.write(request);
        else open().then(() => socket.write(request), reject);
      }),
    close: () => void socket?.destroy(),
  };
}

/**
 * @param {"GET" | "POST"} method
 * @param {string} url path and query
 * @param {Record<string, string>} [headers]
 * @param {string} [body]
 */
export function requestBytes(method, url, headers = {}, body = "") {
  const length = body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const lines = Object.entries({ Host: "localhost", ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.from([`${method} ${url} HTTP/1.1`, ...lines, "", body].join("\r\n"));
}

/** @param {Buffer} bytes */
function parseAnswer(bytes) {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = bytes.latin1Slice(0, headEnd);
  const status = Number(head.slice(9, 12));
  const start = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined)
    return /\r\ntransfer-encoding: *chunked/i.test(head) ? parseChunks(bytes, start, { status, head }) : undefined;
  const end = start + Number(length);
  return bytes.length < end ? undefined : { answer: { status, head, body: bytes.subarray(start, end) }, length: end };
}

function parseChunks(bytes, start, { status, head }) {
  const parts = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.latin1Slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return { answer: { status, head, body: Buffer.concat(parts) }, length: end + 2 };
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
