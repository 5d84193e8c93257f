/** A command that moves runs keeps V8's space for young objects as it is: what outlives a collection there makes it no larger. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { cadre, folder, project } from "./cli-process.ts";

/** Where the command is done, objects by the million outlive collections; V8 would double that space until it has 128 MB. */
const churn = `
import { appendFileSync } from "node:fs";
import v8 from "node:v8";
process.on("exit", () => {
  for (let round = 0; round < 60; round += 1) globalThis.kept = Array.from({ length: 60_000 }, () => ({ round }));
  const { space_size: bytes } = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  appendFileSync(process.env.YOUNG_BYTES, String(bytes));
});
`;

test("inbox, which opens no engine, is left to V8; a run is not", { timeout: 60_000 }, () => {
  const where = folder();
  writeFileSync(join(where, "churn.mjs"), churn);
  const youngAfter = (name: string, args: readonly string[]): number => {
    const file = join(where, name);
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(join(where, "churn.mjs")).href}`, YOUNG_BYTES: file };
    cadre(project(), args, { env });
    return Number(readFileSync(file, "utf8")) / 1024 / 1024;
  };
  expect(youngAfter("inbox", ["inbox"])).toBeGreaterThanOrEqual(64);
  expect(
    youngAfter("run", ["run", "Summarise support tickets by topic", "--to", "ai-ml-lead", "--on-ask", "exit"]),
  ).toBeLessThanOrEqual(32);
});
