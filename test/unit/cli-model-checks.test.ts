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
const here = (): { dir: string; data: string } => ({ dir, data: join(dir, ".cadre") });

test.each([
  ["whole.gguf", "ok", "whole.gguf in this process; not loaded"],
  ["text.gguf", "broken", "text.gguf is no GGUF file"],
  ["folder.gguf", "broken", "folder.gguf is no GGUF file"],
  ["gone.gguf", "broken", "gone.gguf is not there"],
])("V3 the file %s is %s", async (file, state, detail) => {
  writeFileSync(join(dir, "whole.gguf"), "GGUF and the rest of it");
  writeFileSync(join(dir, "text.gguf"), "no such thing");
  mkdirSync(join(dir, "folder.gguf"));
  expect(await embeddedCheck(here(), "m", { file }, () => true)).toMatchObject({ state, detail });
});

test("a model is noted, and not called ready, where llama.cpp is not installed", async () => {
  const model = { model: "hf:org/model:Q8_0" };
  expect(await embeddedCheck(here(), "m", model, () => false)).toEqual({
    name: "model m",
    state: "note",
    detail: expect.stringMatching(/^hf:org\/model:Q8_0 in this process;.*; node-llama-cpp is not installed$/),
    hint: expect.stringContaining("npm install node-llama-cpp@"),
  });
  expect(await embeddedCheck(here(), "m", model, () => true)).toMatchObject({ state: "ok", hint: "" });
});

test("V2 a model of the Hub is here once its pinned bytes are in the cache, and a lock file that is none is said", async () => {
  const model = { model: "hf:org/model:Q8_0" };
  const about = async (): Promise<string> => (await embeddedCheck(here(), "m", model, () => true)).detail;
  expect(await about()).toContain("not here yet: fetched at its first use");
  const pin = { revision: "a".repeat(40), file: "model-Q8_0.gguf", bytes: 4, sha256: "b".repeat(64) };
  writeFileSync(join(dir, "cadre.lock"), JSON.stringify({ version: 1, models: { [model.model]: pin } }));
  expect(await about()).toContain("not here yet");
  mkdirSync(join(dir, ".cadre/models"), { recursive: true });
  writeFileSync(join(dir, `.cadre/models/${pin.sha256}.gguf`), "GGUF");
  expect(await about()).toBe("hf:org/model:Q8_0 in this process; not loaded");
  writeFileSync(join(dir, "cadre.lock"), "none");
  expect(await embeddedCheck(here(), "m", model, () => true)).toMatchObject({
    state: "broken",
    detail: expect.stringContaining("cadre.lock is not a lock file"),
  });
});
