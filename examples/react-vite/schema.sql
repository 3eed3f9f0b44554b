-- The app's tables in the objects of each kind of owner, and the migrations that were applied.
-- Written by `trpc-userdo schema --write`. Commit it, so that changes of the schema show in its diff.

-- user
CREATE TABLE "tasks" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "title" TEXT NOT NULL,
  "done" INTEGER NOT NULL CHECK ("done" IN (0, 1)) DEFAULT 0,
  "createdAt" INTEGER NOT NULL,
  "updatedAt" INTEGER NOT NULL
) STRICT;

-- organization
CREATE TABLE "projects" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "name" TEXT NOT NULL,
  "createdAt" INTEGER NOT NULL,
  "updatedAt" INTEGER NOT NULL
) STRICT;
CREATE TABLE "tasks" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "title" TEXT NOT NULL,
  "done" INTEGER NOT NULL CHECK ("done" IN (0, 1)) DEFAULT 0,
  "projectId" TEXT NOT NULL,
  "createdAt" INTEGER NOT NULL,
  "updatedAt" INTEGER NOT NULL
) STRICT;
CREATE INDEX "tasks.projectId" ON "tasks" ("projectId");
