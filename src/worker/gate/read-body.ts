import { limits } from "../../shared/limits.js";
import { GateRefusal } from "./refusal.js";

/** The types that are taken: calls come as JSON, and forms, at their own few paths, as a page sends them. */
export type BodyType = "application/json" | "application/x-www-form-urlencoded";

/** The types that tRPC's `httpLink` sends for inputs that are not JSON. */
const BINARY = /^\s*(multipart\/form-data|application\/octet-stream)\s*(;|$)/;

/**
 * Reads the body of a POST as text. Bytes are counted as they come: a Content-Length may be missing or lie.
 *
 * One byte order mark at the start is dropped, as RFC 8259 permits a reader to.
 *
 * @throws Refused UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readBody(request: Request, type: BodyType = "application/json"): Promise<string> {
  const refusal = checkHeaders(request.headers, type);
  if (refusal) {
    throw refusal;
  }
  if (request.body === null) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  let bytes = 0;
  let text = "";
  for (let chunk = await read(reader); !chunk.done; chunk = await read(reader)) {
    bytes += chunk.value.byteLength;
    if (bytes > limits.bodyBytes) {
      // It may never end. One that declares its length is left to the runtime to drain: a cancelled upload may
      // reset the connection before the client has the answer.
      reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    text += decode(decoder, chunk.value);
  }
  return text + decode(decoder);
}

/**
 * A form, or a script without a preflight, can only send types other than JSON. tRPC itself would run a mutation
 * sent as multipart or octet-stream.
 */
function checkHeaders(headers: Headers, wanted: BodyType): GateRefusal | undefined {
  // A client that sets the header in two spellings sends both values in one. They have to say the same.
  const types = (headers.get("content-type") ?? "").toLowerCase().split(",");
  if (wanted === "application/json" && types.some((type) => BINARY.test(type))) return binaryBody();
  if (!types.every((type) => isType(type, wanted))) {
    return new GateRefusal(
      "UNSUPPORTED_MEDIA_TYPE",
      `The body is not declared as what is taken here. Send Content-Type: ${wanted}.`,
    );
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    return new GateRefusal(
      "UNSUPPORTED_MEDIA_TYPE",
      "Compressed bodies are not read. Send the body without Content-Encoding.",
    );
  }
  return Number(headers.get("content-length")) > limits.bodyBytes ? tooLarge() : undefined;
}

function isType(text: string, wanted: BodyType): boolean {
  const [type, ...parameters] = text.split(";").map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  return type === wanted && (charset === undefined || /^charset="?utf-?8"?$/.test(charset));
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch {
    throw new GateRefusal("BAD_REQUEST", "The body ended early. Send it again.");
  }
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw new GateRefusal(
      "BAD_REQUEST",
      "The body is not valid UTF-8. Send what JSON.stringify returns, encoded as UTF-8.",
    );
  }
}

/** A stock `httpLink` sends such a body for a `FormData`, a `Blob` or a `Uint8Array` that is the whole input. */
function binaryBody(): GateRefusal {
  return new GateRefusal(
    "UNSUPPORTED_MEDIA_TYPE",
    "Form data and binary bodies are not accepted. Send JSON, with bytes as a Uint8Array inside an object, or upload files through a " +
      "route of your own.",
    undefined,
    "BINARY_INPUT",
  );
}

function tooLarge(): GateRefusal {
  return new GateRefusal(
    "PAYLOAD_TOO_LARGE",
    `The body is larger than ${limits.bodyBytes} bytes. Send it in several calls.`,
  );
}
