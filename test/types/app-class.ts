import { createUserDO } from "trpc-userdo/do";
import { initUserDO, table } from "trpc-userdo/router";
import { expectTypeOf } from "vitest";
import { z } from "zod";

const t = initUserDO({
  tables: { user: { posts: table(z.object({ title: z.string(), done: z.boolean() })) } },
  kv: { visits: z.number() },
  profile: z.object({ firstName: z.string().optional() }),
});
const router = t.router({ ...t.builtin });

// The app's own class has its storage typed, without a cast.
export class BlogDO extends createUserDO(router, {
  onSignup({ tables, kv }) {
    tables.posts.create({ title: "Welcome", done: false });
    expectTypeOf(kv.get("visits")).toEqualTypeOf<number | undefined>();
    // @ts-expect-error the schema takes a number
    kv.set("visits", "1");
  },
  onEmailVerified({ user, tables }) {
    expectTypeOf(user.profile.firstName).toEqualTypeOf<string | undefined>();
    tables.posts.create({ title: user.email, done: user.emailVerified });
  },
  async onEmailChanged({ user, previousEmail, kv }) {
    expectTypeOf(previousEmail).toEqualTypeOf<string>();
    expectTypeOf(user.profile.firstName).toEqualTypeOf<string | undefined>();
    await Promise.resolve(kv.get("visits"));
  },
  onProfileChanged(event) {
    expectTypeOf(event.user.profile.firstName).toEqualTypeOf<string | undefined>();
    // @ts-expect-error only a change of address has a previous address
    void event.previousEmail;
  },
}) {
  open() {
    expectTypeOf(this.tables.posts.first()?.title).toEqualTypeOf<string | undefined>();
    expectTypeOf(this.kv.get("visits")).toEqualTypeOf<number | undefined>();
    expectTypeOf(this.db.all(this.db.selectFrom("posts").select("done"))).toEqualTypeOf<{ done: 0 | 1 }[]>();
    // @ts-expect-error the table does not exist
    this.db.selectFrom("users");
  }
}

declare const object: BlogDO;
// @ts-expect-error the member is not public
void object.db;
