/** The conformance suite over llama.cpp itself, with models that were written to say exactly this. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { emptyConfig, parseConfig } from "../../src/config/config.ts";
import { createRoleModel } from "../../src/models/create-role-model.ts";
import { embeddedModels, type EmbeddedModels } from "../../src/models/embedded/embedded-models.ts";
import { resolveModel } from "../../src/models/resolve.ts";
import { writeTinyModel, type TinyModel } from "../fixtures/tiny-model.ts";
import { modelConformance, type Subject } from "./model-conformance.ts";

let dir: string;
let models: EmbeddedModels;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "cadre-embedded-"));
  models = embeddedModels({
    dir,
    data: dir,
    env: {},
    config: async () => emptyConfig,
    onProgress: () => {},
  });
});
afterAll(async () => {
  await models.close();
  rmSync(dir, { recursive: true, force: true });
});

async function embedded(name: string, model: TinyModel, more: readonly string[] = []): Promise<Subject> {
  writeTinyModel(join(dir, `${name}.gguf`), model);
  const fields = ["tier: embedded", `file: ${name}.gguf`, "gpu: false", "threads: 1", ...more];
  const { config } = parseConfig(`models:\n  tiny: { ${fields.join(", ")} }\n`);
  const spec = resolveModel(config, { role: "ai-ml-lead", rank: "lead", flag: "tiny" });
  return {
    model: await createRoleModel(spec, {
      env: {},
      run: "run-1",
      embedded: async () => models,
      rehearsal: () => {
        throw new Error("not asked for");
      },
    }),
  };
}

const reads = '{"path": "README.md"}';

modelConformance({
  name: "llama.cpp in this process",
  tier: "embedded",
  countsTokens: true,
  scenarios: {
    text: () => embedded("text", { says: ["Hello", " there"] }, ["toolChoice: auto"]),
    calls: () => embedded("calls", { says: ["read_file(", reads] }),
    cut: () => embedded("cut", { says: ["read_file(", '{"path":"/etc'] }, ["maxTokens: 10"]),
    ghost: { skip: "the grammar lets no other name through: a test of its own has the model try" },
    hangs: () => embedded("hangs", { says: ["read_file(", '{"path":"', "for ever"], ends: false }),
    fails: () => embedded("fails", { says: ["read_file("] }, ["context: 512"]),
  },
});
