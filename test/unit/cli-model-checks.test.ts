/** What `doctor` sees of a model that would run in this process, without loading it (`src/cli/model-checks.ts`). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { embeddedCheck } from "../../src/cli/model-checks.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cadre-model-checks-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test.each([
  ["whole.gguf", "ok", "whole.gguf in this process; not loaded"],
  ["text.gguf", "broken", "text.gguf is no GGUF file"],
  ["folder.gguf", "broken", "folder.gguf is no GGUF file"],
  ["gone.gguf", "broken", "gone.gguf is not there"],
])("V3 the file %s is %s", async (file, state, detail) => {
  writeFileSync(join(dir, "whole.gguf"), "GGUF and the rest of it");
  writeFileSync(join(dir, "text.gguf"), "no such thing");
  mkdirSync(join(dir, "folder.gguf"));
  expect(await embeddedCheck({ dir }, "m", { file }, () => true)).toMatchObject({ state, detail });
});

test("a model is noted, and not called ready, where llama.cpp is not installed", async () => {
  const model = { model: "hf:org/model:Q8_0" };
  expect(await embeddedCheck({ dir }, "m", model, () => false)).toEqual({
    name: "model m",
    state: "note",
    detail: expect.stringMatching(/^hf:org\/model:Q8_0 in this process;.*; node-llama-cpp is not installed$/),
    hint: expect.stringContaining("npm install node-llama-cpp@"),
  });
  expect(await embeddedCheck({ dir }, "m", model, () => true)).toMatchObject({ state: "ok", hint: "" });
});
