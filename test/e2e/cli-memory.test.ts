/** H1 of `src/cli/heap.ts`: what outlives a collection makes the space for young objects no larger. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { cadre, folder, project } from "./cli-process.ts";

/** Objects by the million outlive collections: before the command begins, until that space has its 16 MB, and once it is done. */
const churn = `
import { writeFileSync } from "node:fs";
import v8 from "node:v8";
const young = () => v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size;
const outlive = (bytes) => {
  for (let round = 0; round < 200 && young() < bytes; round += 1)
    globalThis.kept = Array.from({ length: 60_000 }, () => ({ round }));
};
outlive(16 * 1024 * 1024);
process.on("exit", () => {
  outlive(Infinity);
  writeFileSync(process.env.YOUNG_BYTES, String(young()));
});
`;

test("H1 a command that moves runs keeps the space for young objects as large as it is", { timeout: 60_000 }, () => {
  const where = folder();
  writeFileSync(join(where, "churn.mjs"), churn);
  const file = join(where, "bytes");
  const options = `--import ${pathToFileURL(join(where, "churn.mjs")).href}`;
  const words = ["run", "Summarise support tickets by topic", "--to", "ai-ml-lead", "--on-ask", "exit"];
  expect(cadre(project(), words, { env: { NODE_OPTIONS: options, YOUNG_BYTES: file } }).code).toBe(8);
  // Left to itself V8 had 64 to 128 MB here.
  expect(Number(readFileSync(file, "utf8")) / 1024 / 1024).toBeLessThanOrEqual(32);
});
