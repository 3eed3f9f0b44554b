// A clock that the benchmark sets, so that a day of guesses runs in seconds. Import it before modules that read the time.
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

/** Sets the offset from the machine's clock, in milliseconds. */
export function setOffset(milliseconds: number): void {
  offset = milliseconds;
}
