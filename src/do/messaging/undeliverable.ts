/** Thrown for a message that no retry can deliver. The outbox makes it a dead letter at once. */
export class Undeliverable extends Error {
  override readonly name = "Undeliverable";
}
