/** Contents by hash: what could not be kept leaves nothing behind. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sha256 } from "../../src/canonical.ts";
import { temporaryFolder } from "../../src/testing.ts";
import { openContentStore } from "../../src/tools/workspace/content-store.ts";

test("a content that cannot be kept is an error, and no half of it stays on the disk", async () => {
  const folder = await temporaryFolder();
  const bytes = Buffer.from("what a file held");
  const hash = sha256(bytes);
  const place = join(folder.path, hash.slice(0, 2), hash.slice(2));
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "in the way"), "");
  expect(() => openContentStore(folder.path).put(hash, bytes)).toThrow(/ENOTEMPTY|EISDIR|EEXIST/);
  expect(readdirSync(join(folder.path, hash.slice(0, 2)))).toEqual([hash.slice(2)]);
  await folder.remove();
});
