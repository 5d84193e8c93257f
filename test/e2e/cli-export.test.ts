/** `cadre export`: one file that holds the run and the page, loads nothing, and tells no secret. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExportView } from "../../src/views/control-room/export.ts";
import { cadre } from "../fixtures/cli.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

let project: ProjectFolder;
let page = "";
const secret = "hf_exportcanary0123456789";
const brief = `# Reviews </script><img src=x onerror=alert(1)> of ${secret}

## What
Summarise the support tickets in briefs/data/support-tickets.md. <!-- ]]> </SCRIPT> ${secret}
`;

beforeAll(async () => {
  project = shippedProject({
    "briefs/hostile.md": brief,
    "cadre.yaml": "models:\n  real:\n    tier: hf\n    model: example/model\n    token: EXPORT_TOKEN\n",
  });
  const env = { EXPORT_TOKEN: secret };
  const ran = await cadre(["run", "briefs/hostile.md", "--on-ask", "exit"], { cwd: project.dir, env });
  expect([0, 8]).toContain(ran.code);
  const made = await cadre(["export", "--out", "run.html", "--json"], { cwd: project.dir, env });
  expect(made.stderr).toBe("");
  expect(JSON.parse(made.stdout)).toMatchObject({ schema: "cadre.exported/1", verified: { ok: true } });
  page = readFileSync(join(project.dir, "run.html"), "utf8");
});
afterAll(() => project.remove());

function dataOf(html: string): ExportView {
  return JSON.parse(
    /<script type="application\/json" id="cadre-export">([^<]*)<\/script>/.exec(html)?.[1] ?? "",
  ) as ExportView;
}

describe("the file", () => {
  test("holds the run, its chart, its layout and its history, checked", () => {
    const held = dataOf(page);
    expect(held.schema).toBe("cadre.export/1");
    expect(held.events.length).toBeGreaterThan(3);
    expect(held.chart.roles.length).toBe(10);
    expect(held.placed?.nodes.map(({ id }) => id)).toContain("user");
    expect(held.verified).toMatchObject({ ok: true, events: held.events.length, problems: [] });
    expect(held.journal.pages.map(({ path }) => path)).toContain("README.md");
  });

  test("allows by its own policy the script and the style that it holds, and nothing else", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    const hashes = (name: string): string | undefined => new RegExp(`${name} '(sha256-[^']+)'`).exec(policy)?.[1];
    const sha = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).not.toMatch(/unsafe|\*|connect-src/);
    expect(hashes("script-src")).toBe(sha(/<script>([\s\S]*)<\/script>\n<\/body>/.exec(page)?.[1] ?? ""));
    expect(hashes("style-src")).toBe(sha(/<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ""));
    const markup = page.replace(/<(script|style|title)\b[\s\S]*?<\/\1>/g, "");
    expect(markup).not.toMatch(/\b(?:src|href)=/);
  });

  test("what a brief says cannot end the data and begin a script", () => {
    const before = page.slice(0, page.indexOf("<script>"));
    expect(before.match(/<script/gi)).toHaveLength(1);
    expect(before.includes("<img")).toBe(false);
    expect(dataOf(page).run.title).toContain("</script><img");
  });

  test("R8 the value of a variable that cadre.yaml names is in it nowhere", () => {
    expect([page.includes(secret), page.includes(secret.slice(0, 12)), page.includes("[EXPORT_TOKEN]")]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

test("a file that is there is left alone, unless --force says otherwise", async () => {
  const again = await cadre(["export", "--out", "run.html"], { cwd: project.dir });
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("--force");
  expect((await cadre(["export", "--out", "run.html", "--force"], { cwd: project.dir })).code).toBe(0);
  expect((await cadre(["export", "r-000000"], { cwd: project.dir })).code).toBe(2);
  expect(existsSync(join(project.dir, "cadre-r-000000.html"))).toBe(false);
});
