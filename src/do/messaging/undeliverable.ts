/** Trying again would change nothing: the letter is dead at once. */
export class Undeliverable extends Error {
  override readonly name = "Undeliverable";
}
