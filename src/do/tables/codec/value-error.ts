/** A value that a column cannot hold. The message completes "The field posts.title …". */
export class ValueError extends Error {
  readonly code: "BAD_REQUEST" | "PAYLOAD_TOO_LARGE";

  constructor(message: string, code: ValueError["code"] = "BAD_REQUEST") {
    super(message);
    this.name = "ValueError";
    this.code = code;
  }
}
