/** The data that the contenders store: one post of many, identified by its number. */
export interface PostValues {
  readonly slug: string;
  readonly title: string;
  readonly body: string;
  readonly done: boolean;
}

export const postValues = (number: number): PostValues => ({
  slug: `post-${number}`,
  title: `Post ${number}`,
  body: "About as long as the short notes that a user writes down.",
  done: number % 2 === 0,
});

/** A row as every contender returns it. */
export interface Post extends PostValues {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The works, each repeated in one event of the object, because the clock does not advance during an event. */
export interface Works {
  /** Deletes all rows, and their log. */
  clear(): void;
  create(values: PostValues): Post;
  createMany(values: readonly PostValues[]): readonly Post[];
  findById(id: string): Post | null | undefined;
}

export interface Request {
  readonly work: string;
  /** The number of repetitions, or of rows. */
  readonly calls: number;
  /** The row to find. */
  readonly id?: string;
}

/** Does a piece of work, and returns the result of the last call. */
export function runWork(works: Works, { work, calls, id = "" }: Request): unknown {
  switch (work) {
    case "clear":
      return works.clear();
    case "create":
      return repeat(calls, (number) => works.create(postValues(number)));
    case "createMany":
      return works.createMany(manyValues(calls)).at(-1);
    case "fill":
      return works.createMany(manyValues(calls))[50]?.id;
    case "findById":
      return repeat(calls, () => works.findById(id));
    default:
      throw new Error(`Unknown work: ${work}.`);
  }
}

export function manyValues(count: number): PostValues[] {
  return Array.from({ length: count }, (_, number) => postValues(number));
}

export function repeat(calls: number, work: (number: number) => unknown): unknown {
  let last: unknown;
  for (let number = 0; number < calls; number++) last = work(number);
  return last;
}

/** `POST /run` with the work's name and the repetitions, for the object that does it. */
export async function answer(request: globalThis.Request, run: (work: Request) => Promise<unknown>): Promise<Response> {
  return Response.json((await run(await request.json<Request>())) ?? null);
}
