import { limits } from "../../shared/limits.js";
import { GateRefusal } from "./refusal.js";

/** The accepted content types: JSON for calls, and the type of HTML forms at the paths of forms. */
export type BodyType = "application/json" | "application/x-www-form-urlencoded";

/** The types that tRPC's `httpLink` sends for inputs that are not JSON. */
const BINARY = /^\s*(multipart\/form-data|application\/octet-stream)\s*(;|$)/;

/**
 * Reads the body of a POST as text. Counts the bytes as they arrive, because `Content-Length` may be missing or wrong.
 *
 * Ignores one byte order mark at the start, as RFC 8259 permits.
 *
 * @throws GateRefusal UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-8.1
 */
export async function readBody(request: Request, type: BodyType = "application/json"): Promise<string> {
  checkHeaders(request.headers, type);
  if (request.body === null) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  let bytes = 0;
  let text = "";
  for (let chunk = await read(reader); !chunk.done; chunk = await read(reader)) {
    bytes += chunk.value.byteLength;
    if (bytes > limits.bodyBytes) {
      // This upload may never end. The runtime drains one that declares its length: cancelling that could reset the
      // connection before the client has the response.
      reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    text += decode(decoder, chunk.value);
  }
  return text + decode(decoder);
}

/**
 * Refuses other content types. A page of another site can send some of them without a preflight, and tRPC's adapter would
 * run a mutation that is sent as multipart or octet-stream.
 */
function checkHeaders(headers: Headers, accepted: BodyType): void {
  // A client that sets the header in two spellings sends both values in one, separated by a comma. Both have to match.
  const types = (headers.get("content-type") ?? "").toLowerCase().split(",");
  if (accepted === "application/json" && types.some((type) => BINARY.test(type))) throw binaryBody();
  if (!types.every((type) => isType(type, accepted))) {
    throw new GateRefusal({
      code: "UNSUPPORTED_MEDIA_TYPE",
      reason: "CONTENT_TYPE_UNSUPPORTED",
      message: `The content type of the body is not supported. Send Content-Type: ${accepted}.`,
    });
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new GateRefusal({
      code: "UNSUPPORTED_MEDIA_TYPE",
      reason: "CONTENT_ENCODING_UNSUPPORTED",
      message: "Compressed bodies are not supported. Send the body without Content-Encoding.",
    });
  }
  if (Number(headers.get("content-length")) > limits.bodyBytes) throw tooLarge();
}

function isType(text: string, accepted: BodyType): boolean {
  const [type, ...parameters] = text.split(";").map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  return type === accepted && (charset === undefined || /^charset="?utf-?8"?$/.test(charset));
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch {
    throw new GateRefusal({
      code: "BAD_REQUEST",
      reason: "BODY_INCOMPLETE",
      message: "The body ended early. Send the request again.",
    });
  }
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw new GateRefusal({
      code: "BAD_REQUEST",
      reason: "INVALID_ENCODING",
      message: "The body is not valid UTF-8. Send what JSON.stringify returns, encoded as UTF-8.",
    });
  }
}

/** A stock `httpLink` sends such a body if the whole input is a `FormData`, a `Blob` or a `Uint8Array`. */
function binaryBody(): GateRefusal {
  return new GateRefusal({
    code: "UNSUPPORTED_MEDIA_TYPE",
    reason: "BINARY_INPUT",
    message:
      "Form data and binary bodies are not accepted. Send JSON, with bytes as a Uint8Array inside an object, or upload " +
      "files through a route of your own.",
  });
}

function tooLarge(): GateRefusal {
  return new GateRefusal({
    code: "PAYLOAD_TOO_LARGE",
    reason: "BODY_TOO_LARGE",
    message: `The body is larger than ${limits.bodyBytes} bytes. Split it into several requests.`,
  });
}
