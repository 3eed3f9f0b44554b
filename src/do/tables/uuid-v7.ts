/** A byte as two hexadecimal digits. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const MAX_COUNTER = 2 ** 26 - 1;
/** The bits of the counter after the variant. Only each 16,384th id changes the others. */
const LOW_BITS = 14;
const LOW_MASK = 2 ** LOW_BITS - 1;

/**
 * Returns a function that creates ids: UUIDs of version 7, as RFC 9562 describes in "Fixed Bit-Length Dedicated
 * Counter". They increase, even within a millisecond or if the clock goes back. The counter of a new millisecond starts
 * at 26 random bits, and each id ends with 48 random bits of its own.
 *
 * @param createRandom creates a UUID of version 4, whose digits are the random bits
 */
export function createIdSequence(createRandom: () => string): (now: number) => string {
  /** The time of the newest id, which is ahead of the clock after the counter has overflowed. */
  let time = 0;
  let counter = 0;
  /** The digits of the time and of the counter's upper part. */
  let head = "";

  return (now) => {
    // Faster than filling an array with random bytes and converting them to digits.
    const random = createRandom();
    if (now > time || counter === MAX_COUNTER) {
      time = Math.max(now, time + 1);
      counter = Number.parseInt(random.slice(0, 7), 16) >>> 2;
      head = formatHead(time, counter);
    } else {
      counter++;
      if ((counter & LOW_MASK) === 0) head = formatHead(time, counter);
    }
    const low = counter & LOW_MASK;
    // The highest bit of the byte is the variant. The end of `random` is a hyphen and 12 digits.
    return `${head}${HEX[0x80 | (low >>> 8)]}${HEX[low & 0xff]}${random.slice(23)}`;
  };
}

function formatHead(time: number, counter: number): string {
  const digits = time.toString(16).padStart(12, "0");
  const high = (counter >>> LOW_BITS).toString(16).padStart(3, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7${high}-`;
}

/**
 * Creates an id that is greater than all ids before it in this isolate.
 *
 * @param now the current time, in milliseconds
 */
export const createUuidV7 = createIdSequence(() => crypto.randomUUID());
