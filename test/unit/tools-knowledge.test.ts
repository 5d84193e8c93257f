import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { knowledgeToolsFor } from "../../src/tools/catalogue.ts";
import { fill, openWorkbench, type Workbench } from "./tools-bench.ts";

function withKnowledge(knowledge: readonly string[]): { bench: Workbench; context: { knowledge: readonly string[] } } {
  const bench = openWorkbench({});
  fill(bench.project, {
    "modes/context/ml/models.md": "# PhoBERT\n\nVietnamese, MIT licence.\nOther line.\n",
    "modes/context/ml/notes.txt": "Đánh giá của khách hàng\n",
    "docs/api.md": "The Vietnamese endpoint\n",
    ".env": "TOKEN=the secret\n",
    "cadre.yaml": "secret: the secret\n",
    "private.md": "the secret Vietnamese plan\n",
  });
  return { bench, context: { knowledge } };
}

describe("search_knowledge", () => {
  test("cites path:line, lines with more of the words first", async () => {
    const { bench, context } = withKnowledge(["modes/context/ml/", "docs/api.md"]);
    const outcome = await bench.call("search_knowledge", { query: "Vietnamese licence" }, context);
    expect(outcome.text).toBe(
      [
        "2 passages in 3 files",
        "modes/context/ml/models.md:3: Vietnamese, MIT licence.",
        "docs/api.md:1: The Vietnamese endpoint",
      ].join("\n"),
    );
  });

  test("accents and case do not matter", async () => {
    const { bench, context } = withKnowledge(["modes/context/ml"]);
    expect((await bench.call("search_knowledge", { query: "danh GIA" }, context)).text).toContain("notes.txt:1");
  });

  test("a large file of which every line holds the word is searched like any other", async () => {
    const { bench, context } = withKnowledge(["modes/context/ml"]);
    fill(bench.project, { "modes/context/ml/list.txt": "ab\n".repeat(340_000) });
    const outcome = await bench.call("search_knowledge", { query: "ab" }, context);
    expect(outcome.text.split("\n")[0]).toBe("340000 passages in 3 files");
    expect(outcome.text).toContain("modes/context/ml/list.txt:20: ab");
  });

  test("what is missing is noted, never fatal", async () => {
    const { bench, context } = withKnowledge(["docs/api.md", "docs/gone.md"]);
    const outcome = await bench.call("search_knowledge", { query: "endpoint" }, context);
    expect(outcome).toMatchObject({ ok: true });
    expect(outcome.text).toContain("docs/api.md:1");
    expect(outcome.text).toContain("(docs/gone.md: named by the role, but not there)");
    expect(await bench.call("search_knowledge", { query: "endpoint" }, { knowledge: ["no/"] })).toMatchObject({
      ok: true,
    });
  });
});

describe("K1 knowledge", () => {
  test.each([
    "../outside/secret.txt",
    "/etc/passwd",
    ".env",
    "cadre.yaml",
    "link.md",
    "linked/secret.txt",
    "linked",
    "hidden.md",
    ".",
    ".git/config",
  ])("%s shows nothing that is not the role's to read", async (reference) => {
    const { bench } = withKnowledge([]);
    fs.symlinkSync(`${bench.outside}/secret.txt`, `${bench.project}/link.md`);
    fs.symlinkSync(bench.outside, `${bench.project}/linked`);
    fs.symlinkSync(".env", `${bench.project}/hidden.md`);
    fs.rmSync(`${bench.project}/private.md`);
    const context = { knowledge: [reference] };
    for (const outcome of [
      await bench.call("search_knowledge", { query: "secret root token" }, context),
      await bench.call("read_knowledge", { path: reference }, context),
    ]) {
      expect(outcome.text).not.toContain("the secret");
      expect(outcome.text).not.toContain("root:");
    }
  });

  test("a file of the project that the role does not name is not read", async () => {
    const { bench, context } = withKnowledge(["docs/"]);
    const outcome = await bench.call("read_knowledge", { path: "private.md" }, context);
    expect(outcome.ok).toBe(false);
    expect(outcome.text).toContain("- docs/api.md");
    expect((await bench.call("read_knowledge", { path: "docs/api.md" }, context)).text).toContain(
      "1 | The Vietnamese endpoint",
    );
  });
});

test("every role that may read or analyse has the knowledge tools, no other", () => {
  expect(knowledgeToolsFor(["read"])).toEqual(["search_knowledge", "read_knowledge"]);
  expect(knowledgeToolsFor(["command", "code_analysis"])).toHaveLength(2);
  expect(knowledgeToolsFor(["edit", "completion"])).toEqual([]);
});
