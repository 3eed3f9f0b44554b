/** The parameters of scrypt: memory is 2^ln · r · 128 bytes, time is that p times over. */
export interface PasswordCost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

// OWASP's equivalent of its headline parameters at 32 MiB: a Durable Object's isolate has 128 MiB for everything.
export const passwordCost: PasswordCost = { ln: 15, r: 8, p: 3 };
