// A clock that the benchmark sets: a day of guesses has to fit into seconds. Import it before anything that reads the time.
const RealDate = globalThis.Date;
let offset = 0;

class MovedDate extends RealDate {
  constructor(...values: [] | [value: number | string | Date]) {
    if (values.length === 0) super(RealDate.now() + offset);
    else super(values[0]);
  }

  static override now(): number {
    return RealDate.now() + offset;
  }
}
globalThis.Date = MovedDate as DateConstructor;

/** Sets the distance from the machine's clock, in milliseconds. */
export function setOffset(milliseconds: number): void {
  offset = milliseconds;
}
