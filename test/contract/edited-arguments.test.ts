/** R3 R6: an edit that could not run is refused while the ask is open; one that can is what runs. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import type { Brief } from "../../src/briefs/brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

const workflow = `export const workflow = {
  name: "writing",
  entry: "technical-writer",
  signOff: false,
  approvals: [{ tool: "write_to_file", reason: "somebody reads every page first" }],
};
`;
const open: (() => unknown)[] = [];
afterEach(() => {
  for (const close of open.splice(0).toReversed()) close();
});

function project(): { cadre: Cadre; folder: ProjectFolder } {
  const folder = shippedProject({ "graphs/writing.ts": workflow });
  rmSync(join(folder.dir, "graphs", "feature-workflow.ts"));
  const report = { summary: "written", criteria: [], artifacts: [], limitations: [] };
  const model = scriptedModel({
    "technical-writer": [
      reply.call("write_to_file", { path: "page.md", content: "first words\n" }),
      reply.call("attempt_completion", report),
    ],
  });
  const cadre = openCadre({ dir: folder.dir, model });
  open.push(
    () => folder.remove(),
    () => cadre.close(),
  );
  return { cadre, folder };
}

test("R6 an edit that leads out of the workspace, or to a protected file, is refused and the ask stays open", async () => {
  const { cadre } = project();
  const run = await cadre.start(readBrief("Write a page.", null).brief as Brief, { by: "lead" });
  const waiting = await cadre.advance(run.id);
  const [ask] = waiting.asks;
  expect(ask).toMatchObject({
    kind: "approval",
    rule: { purpose: "somebody reads every page first", file: "graphs/writing.ts", line: 5 },
  });
  for (const path of ["../evil.md", "/etc/evil.md", "modes/evil.md", ".git/config"]) {
    const edit = { verb: "approve" as const, args: { path, content: "evil" }, by: "lead", face: "test" };
    await expect(cadre.decide(ask!.id, edit)).rejects.toMatchObject({ code: "decision-invalid" });
  }
  const edited = {
    verb: "approve" as const,
    args: { path: "page.md", content: "better words\n" },
    by: "lead",
    face: "test",
  };
  await cadre.decide(ask!.id, edited);
  expect((await cadre.advance(run.id)).status).toBe("finished");
  expect(readFileSync(join(run.workspace, "page.md"), "utf8")).toBe("better words\n");
  expect(existsSync(join(run.workspace, "..", "evil.md"))).toBe(false);
  expect((await cadre.verify(run.id)).problems).toEqual([]);
});
