/**
 * RELIABILITY 4: what runs is what was approved, whatever a model says the second time, wherever the process ends, and whatever a person
 * edits in between. `CADRE_CRASH=large|full` tries 1000 lines.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { hashOf } from "../../src/canonical.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openStore } from "../../src/store/open.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { atScale } from "../crash/scale.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

class Fault extends Error {}

const modes = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];
const argsSchema = z.strictObject({ path: z.string(), content: z.json() });
const args = fc
  .record({ path: fc.string({ maxLength: 6 }), content: fc.jsonValue({ maxDepth: 2 }) })
  .map((value) => argsSchema.parse(JSON.parse(JSON.stringify(value))));

/** How a person decides an approval: as it is, with other arguments, not at all at first and then so, or under a hash that is stale. */
const decision = fc.record({ edit: fc.option(args), stale: fc.boolean(), reject: fc.boolean() });

test("R3 what ran is byte for byte what a person was shown or wrote", { timeout: 300_000 }, async () => {
  let ranAtAll = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.infiniteStream(args),
      fc.array(decision, { minLength: 3, maxLength: 3 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { maxLength: 4 }),
      async (proposals, decisions, faults) => {
        let reached = 0;
        const store = openStore({
          file: ":memory:",
          clock: { now: () => 0 },
          fault: (point) => {
            reached += 1;
            if (faults.includes(reached)) throw new Fault(point);
          },
        });
        const ran: unknown[] = [];
        const tool: Tool = {
          name: "write_to_file",
          description: "writes",
          schema: argsSchema,
          access: "effect",
          run: async (_context, given) => {
            ran.push(given);
            return { ok: true, text: "written", receipt: null };
          },
        };
        const line = new LineHarness({
          modes,
          workflow: { entry: "worker", signOff: false, approvals: [{ tool: "write_to_file", reason: "looked at" }] },
          tools: [tool],
          store,
          // Another answer at every call: one that is made again after a fault proposes something else.
          say: (request) =>
            request.messages.filter((message) => message.role === "tool").length >= decisions.length
              ? [call("attempt_completion", fullReport())]
              : [call("write_to_file", proposals.next().value)],
        });
        await line.create();
        const approved: string[] = [];
        const about = (given: unknown) => hashOf({ type: "tool", role: "worker", tool: "write_to_file", args: given });
        let decided = 0;
        for (let rounds = 0; rounds < 40; rounds += 1) {
          const stop = await line.advance().catch((error: unknown) => {
            if (!(error instanceof Fault)) throw error;
            return "failed";
          });
          if (stop === "ended") break;
          const [ask] = await store.asks({ run: line.run, state: "open" });
          if (!ask) continue;
          if (ask.kind === "doubt") {
            await line.decide("answer", "ran");
            continue;
          }
          expect(ask.hash).toBe(hashOf(ask.action));
          const { edit, stale, reject } = decisions[decided]!;
          const said = { by: "p", face: "test", at: "2026-01-01T00:00:00.000Z", text: "no" };
          if (stale)
            await expect(store.decide(ask.id, { ...said, verb: "approve" }, about("another"))).rejects.toMatchObject({
              code: "hash-stale",
            });
          const verdict = reject
            ? { verb: "reject" as const }
            : { verb: "approve" as const, ...(edit ? { args: edit } : {}) };
          await store.decide(ask.id, { ...said, ...verdict }, ask.hash);
          decided += 1;
          if (!reject) approved.push(edit ? about(edit) : ask.hash);
        }
        // In order, each once; one that a fault left in doubt may have run or not.
        const hashes = ran.map(about);
        expect(hashes.every((hash, index) => hash === approved[index] || faults.length > 0)).toBe(true);
        let from = 0;
        for (const hash of hashes) {
          const at = approved.indexOf(hash, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + 1;
        }
        ranAtAll += ran.length;
        const problems = (await verifyRun(store, line.run)).problems;
        expect(problems).toEqual([]);
        store.close();
      },
    ),
    { numRuns: atScale({ quick: 25, large: 1000, full: 1000 }) },
  );
  console.info(`${ranAtAll} effects ran, 0 of them another than was approved`);
  expect(ranAtAll).toBeGreaterThan(20);
});
