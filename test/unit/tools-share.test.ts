/** R6, DESIGN §5: what runs beside other tasks writes files and folders of its own, by any of its tools. */
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { applyDiffTool, writeToFileTool } from "../../src/tools/write-tools.ts";
import { openWorkbench } from "./tools-bench.ts";

/** A workspace, and the context of a task that has a part of it. */
function shared() {
  const bench = openWorkbench({ "docs/a.md": "one\n", "src/a.ts": "one\n" });
  return { ...bench, share: { ...bench.context, writable: ["docs", "notes.md"] } };
}

test.each(["docs/new.md", "docs/deep/er.md", "notes.md", "./docs/a.md"])(
  "R6 %s is the task's own to write",
  async (path) => {
    const { workspace, share } = shared();
    expect(await writeToFileTool.run(share, { path, content: "two\n" }, null)).toMatchObject({ ok: true });
    expect(fs.readFileSync(join(workspace, path), "utf8")).toBe("two\n");
  },
);

test.each(["src/a.ts", "docs2/a.md", "notes.md.bak", "new.md"])(
  "R6 %s is not: nothing is written, and it is told what is",
  async (path) => {
    const { workspace, share } = shared();
    const outcome = await writeToFileTool.run(share, { path, content: "two\n" }, null);
    expect(outcome.ok).toBe(false);
    expect(outcome.text).toContain("this task may write docs, notes.md");
    expect(await writeToFileTool.objection?.(share, { path, content: "" })).toContain(
      "this task may write docs, notes.md",
    );
    expect(fs.existsSync(join(workspace, path)) && fs.readFileSync(join(workspace, path), "utf8") === "two\n").toBe(
      false,
    );
  },
);

test("R6 a change of a part is a write too, and a task that was given nothing changes nothing", async () => {
  const { context, share } = shared();
  const change = { path: "src/a.ts", blocks: [{ search: "one", replace: "two" }] };
  expect(await applyDiffTool.run(share, change, null)).toMatchObject({ ok: false });
  expect(await applyDiffTool.run({ ...context, writable: [] }, change, null)).toMatchObject({
    ok: false,
    text: expect.stringContaining("this task only reads"),
  });
  expect(await applyDiffTool.run(context, change, null)).toMatchObject({ ok: true });
});
