/**
 * Whole runs of the main brief in which every decision comes from llama.cpp under the grammar of what is offered, with weights that are noise,
 * and in which people answer at random. Whatever it says, the run goes on along declared routes to an end, and its record holds.
 *
 * CADRE_RANDOM_RUNS: how many runs; 4 by default, one for each set of weights, of fewer steps than where more are asked for.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emptyConfig } from "../../src/config/config.ts";
import { embeddedModels, type EmbeddedModels } from "../../src/models/embedded/embedded-models.ts";
import { resolveModel, type EmbeddedSpec } from "../../src/models/resolve.ts";
import { promptLines, randomRoleModel, randomRun } from "../fixtures/random-engine.ts";
import { writeTinyModel } from "../fixtures/tiny-model.ts";

/** Each set of weights has tools that it likes: one alone does nearly always the same. */
const weights = 4;
const runs = Number(process.env["CADRE_RANDOM_RUNS"] ?? weights);
const steps = runs > 10 ? 14 : 7;

let dir: string;
let models: EmbeddedModels;
let specs: EmbeddedSpec[];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "cadre-random-"));
  const pieces = await promptLines();
  models = embeddedModels({ dir, data: dir, env: {}, config: async () => emptyConfig, onProgress: () => {} });
  specs = Array.from({ length: Math.min(weights, runs) }, (_, at) => {
    writeTinyModel(join(dir, `noise-${at}.gguf`), { chance: 7 + at, pieces, contextLength: 32_768 });
    const flag = `embedded:noise-${at}.gguf`;
    const chosen = resolveModel(emptyConfig, { role: "any", rank: "lead", flag }) as EmbeddedSpec;
    return { ...chosen, gpu: false, threads: 1, context: 32_768, temperature: 1, maxTokens: 400 };
  });
}, 120_000);
afterAll(async () => {
  await models.close();
  rmSync(dir, { recursive: true, force: true });
});

test.each(Array.from({ length: runs }, (_, index) => index + 1))(
  "R1 a run that noise decides ends, along declared routes alone, with a whole record (seed %i)",
  { timeout: 240_000 },
  async (seed) => {
    const spec = specs[seed % specs.length] as EmbeddedSpec;
    const { result, events, verification } = await randomRun(randomRoleModel(models, spec, seed), seed, steps);
    expect(["finished", "stopped"]).toContain(result.status);
    expect(verification.problems).toEqual([]);
    const turns = events.filter((event) => event.type === "turn_taken");
    expect(turns.length).toBeGreaterThan(0);
    expect(turns.every((turn) => turn.tier === "embedded" && turn.usage.measured)).toBe(true);
    // The grammar names tools and targets that are offered, so nothing is ever refused for where it wanted to go.
    const refused = events.flatMap((event) => (event.type === "refused" ? [event.code] : []));
    expect(refused).not.toContain("route-undeclared");
    expect(refused).not.toContain("route-to-self");
    if (process.env["CADRE_RANDOM_SHOWN"])
      console.log(
        seed,
        result.status,
        turns.length,
        count(turns.flatMap((turn) => turn.calls.map((call) => call.name))),
        count(refused),
        count(events.map((event) => event.type)),
      );
  },
);

function count(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
