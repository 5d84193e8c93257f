/** A run whose report is checked in the real sandbox and verified by another role, through the public API. V1, V3, R7, C4. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

const available = bubblewrap({ node: process.execPath }).available();
const missing = "no" in available ? available.no : null;
if (missing !== null) console.warn(`SKIPPED: a check in the sandbox: ${missing}`);

const command = ["sh", "-c", "echo stray > stray.txt; echo kept > /tmp/kept; test -f made.md && cat /tmp/kept"];
const workflow = `export const workflow = { name: "w", entry: "technical-writer", verify: { by: "technical-architect", command: ${JSON.stringify(command)} }, commands: { allow: [${JSON.stringify(command)}] } };\n`;

test.skipIf(missing !== null)(
  "V1 V3 what the check fails goes back, what it passes is signed off, and it leaves nothing in the workspace",
  async () => {
    const folder = shippedProject({ "graphs/w.ts": workflow });
    rmSync(join(folder.dir, "graphs", "feature-workflow.ts"));
    const done = reply.call("attempt_completion", { summary: "done", criteria: [] });
    const verdict = (word: string) =>
      reply.call("attempt_completion", { verdict: word, summary: `I ${word} it`, criteria: [] });
    const model = scriptedModel({
      "technical-writer": [done, reply.call("write_to_file", { path: "made.md", content: "here\n" }), done],
      "technical-architect": [verdict("accept"), verdict("return"), verdict("accept")],
    });
    const cadre = openCadre({ dir: folder.dir, model });
    onTestFinished(() => {
      cadre.close();
      folder.remove();
    });
    const run = await cadre.start(readBrief("Make it.", null).brief as Brief, { by: "lead" });
    const { status, asks } = await cadre.advance(run.id);
    expect([status, asks[0]?.kind]).toEqual(["waiting", "sign_off"]);
    expect(asks[0]?.question).toMatch(
      /Verified by technical-architect, who accepts it: I accept it\nCheck: sh -c .* passed \(Exit code 0\.\)/,
    );
    const events = (await cadre.store.runEvents(run.id)).map(({ event }) => event);
    expect(
      events.flatMap((event) => (event.type === "report_verified" ? [[event.verdict, event.check?.state]] : [])),
    ).toEqual([
      ["return", "failed"],
      ["accept", "passed"],
    ]);
    const refused = events.filter((event) => event.type === "refused").map((event) => event.reason);
    expect(refused).toEqual([expect.stringContaining("the check failed, so it cannot be accepted")]);
    expect(existsSync(join(run.workspace, "stray.txt"))).toBe(false);
    expect((await cadre.changes(run.id)).set.files.map((file) => file.path)).toEqual(["made.md"]);
    await cadre.decide(asks[0]!.id, { verb: "approve", by: "lead", face: "test" });
    expect((await cadre.advance(run.id)).status).toBe("finished");
    expect((await cadre.verify(run.id)).problems).toEqual([]);
  },
);
