/** `cadre lint` for editors, pull requests and people who write: formats, severities, mending in place, watching. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cadre, document, folder, main, startCadre } from "./cli-process.ts";

function projectOf(files: Readonly<Record<string, string>>): string {
  const dir = folder();
  for (const [path, text] of Object.entries({
    "graphs/w.ts": 'export const workflow = { name: "w", entry: "lead" };\n',
    "modes/lead.md": "---\nslug: lead\nlevel: 020-lead\ndelegates_to:\n  - worker # For building\n---\n",
    "modes/worker.md":
      "---\nslug: worker\nlevel: 030-worker\nescalates_to:\n  - laed # For doubts: 50%, or more\n---\n",
    ...files,
  })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

test("--fix leaves a route alone whose role stands in a file that cannot be read", () => {
  const dir = projectOf({
    "modes/lead.md": "---\nslug: lead\nlevel: 020-lead\ndelegates_to:\n  - workers # For building\n---\n",
    "modes/worker.md": "---\nslug: worker\nlevel: 030-worker\nescalates_to:\n  - lead # For doubts\n---\n",
    "modes/workers.md": "---\nslug: workers\n\tlevel: 030-worker\n---\n",
  });
  const { code, out } = cadre(dir, ["lint", "--fix"]);
  expect(code).toBe(1);
  expect(out).toContain("Mend modes/workers.md first");
  expect(readFileSync(join(dir, "modes/lead.md"), "utf8")).toContain("- workers # For building");
});

test("each format says the same finding, for those who read it", () => {
  const dir = projectOf({});
  const said = (format: string): string => {
    const { code, out } = cadre(dir, ["lint", "--format", format]);
    expect(code).toBe(1);
    return out;
  };
  expect(said("unix")).toMatch(
    /^modes\/worker\.md:5:5: error: worker escalates to "laed".* \[route-unknown-target\]\n$/,
  );
  expect(said("github")).toMatch(
    /^::error file=modes\/worker\.md,line=5,col=5,title=route-unknown-target::.*%0ADid you mean "lead"\?\n$/,
  );
  expect(said("tabs").split("\t").slice(0, 3)).toEqual(["modes/worker.md:5:5", "error", "route-unknown-target"]);
  expect(said("pretty")).toContain("› 5 │");
  expect(JSON.parse(said("json"))).toMatchObject({ problems: [{ code: "route-unknown-target", line: 5 }] });
  expect(JSON.parse(said("sarif"))).toMatchObject({
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "cadre", rules: [{ id: "route-unknown-target" }] } },
        results: [
          {
            level: "error",
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: "modes/worker.md" },
                  region: { startLine: 5, startColumn: 5 },
                },
              },
            ],
          },
        ],
      },
    ],
  });
  expect(cadre(dir, ["lint", "--format", "xml"]).code).toBe(2);
});

test("a project says how much a finding matters; what cannot be read stays an error", () => {
  const dir = projectOf({ "cadre.yaml": "lint:\n  rules:\n    route-unknown-target: warning\n" });
  expect(cadre(dir, ["lint"]).code).toBe(0);
  expect(cadre(dir, ["lint", "--max-warnings", "0"]).code).toBe(1);
  writeFileSync(join(dir, "cadre.yaml"), "lint:\n  rules:\n    route-unknown-target: off\n");
  expect(document(cadre(dir, ["lint", "--json"]))["problems"]).toEqual([]);
  writeFileSync(join(dir, "cadre.yaml"), "lint:\n  rules:\n    slug-missing: off\n");
  expect(cadre(dir, ["lint"])).toMatchObject({ code: 1, out: expect.stringContaining("cadre.yaml:3:5") });
});

test("--fix mends what has one mend, and leaves everything else as it was, byte for byte", () => {
  const body =
    "\r\n# Tester\r\n\r\n## Metadata\r\n\r\n**Escalates To:**\r\n- `laed` # For doubts\r\n- `lead` / `worker` # For plans\r\n";
  const dir = projectOf({
    "modes/lead.md":
      "---\nslug: lead\nlevel: 020-lead\ndelegates_to:\n  - worker # For building\n  - tester # For testing\n---\n",
    "modes/tester.md": `---\r\nslug: tester\r\nlevel: worker qa # as it is\r\n---\r\n${body}`,
    "modes/prose.md":
      "---\nslug: prose\nlevel: 030-worker\n---\n## Metadata\n\n**Escalates To:**\n- `lead` # For doubts\n- Whoever asked (e.g., `lead`)\n",
  });
  const before = readFileSync(join(dir, "modes/prose.md"), "utf8");
  const mended = cadre(dir, ["lint", "--fix"]);
  expect(mended.err).toContain("laed → lead");
  expect(readFileSync(join(dir, "modes/worker.md"), "utf8")).toContain("  - lead # For doubts: 50%, or more\n");
  expect(readFileSync(join(dir, "modes/tester.md"), "utf8")).toBe(
    `---\r\nslug: tester\r\nlevel: 030-worker-qa # as it is\r\nescalates_to:\r\n  - lead # For doubts\r\n  - lead # For plans\r\n  - worker # For plans\r\n---\r\n${body.replace("laed", "lead")}`,
  );
  expect(readFileSync(join(dir, "modes/prose.md"), "utf8")).toBe(before);
  const idle = cadre(dir, ["lint", "--fix"]).err;
  expect(idle).not.toContain("mended");
  expect(idle).toContain("nothing to mend: no file was changed");
});

test("--watch looks again when a file changes, and ends when it is interrupted", async () => {
  const dir = projectOf({});
  const worker = join(dir, "modes/worker.md");
  let step = 0;
  const watching = startCadre(dir, ["lint", "--watch", "--format", "unix"], (out, child) => {
    const found = out.split("\n").filter((line) => line.includes("route-unknown-target")).length;
    if (step === 0 && found === 1) {
      step = 1;
      writeFileSync(worker, readFileSync(worker, "utf8").replace("laed", "leda"));
    } else if (step === 1 && out.includes('"leda"')) {
      step = 2;
      child.kill("SIGINT");
    }
  });
  const { code, out } = await watching.ended;
  expect([code, step]).toEqual([1, 2]);
  expect(out).toContain('"laed"');
});

test("--watch goes on when something is put there that cannot be looked at", async () => {
  const dir = projectOf({});
  const worker = join(dir, "modes/worker.md");
  let step = 0;
  const watching = startCadre(dir, ["lint", "--watch", "--format", "unix"], (out, child) => {
    const looks = out.split("\n").filter((line) => line.includes("route-unknown-target")).length;
    if (step === 0 && looks === 1) {
      step = 1;
      symlinkSync("loop.md", join(dir, "loop.md"));
      setTimeout(() => writeFileSync(worker, readFileSync(worker, "utf8").replace("laed", "leda")), 500);
    } else if (step === 1 && out.includes('"leda"')) {
      step = 2;
      child.kill("SIGINT");
    }
  });
  expect([(await watching.ended).code, step]).toEqual([1, 2]);
});

test("--watch does not look again for what it writes itself, into a file of the project", async () => {
  const dir = projectOf({});
  const worker = join(dir, "modes/worker.md");
  const log = openSync(join(dir, "lint.log"), "w");
  const child = spawn(process.execPath, [main, "lint", "--watch"], { cwd: dir, stdio: ["ignore", log, "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  closeSync(log);
  let said = "";
  let edits = 0;
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
    if (said.split("modes/worker.md changed").length <= edits || !said.includes("watching")) return;
    edits += 1;
    if (edits < 4) appendFileSync(worker, "\nMore.\n"); // one change: a file that is written anew is empty first
    else child.kill("SIGINT");
  });
  await once(child, "close");
  expect(edits).toBe(4);
  expect(readFileSync(join(dir, "lint.log"), "utf8")).toContain("laed");
  expect(said).not.toContain("lint.log");
});

test("every workflow in graphs/ is checked, not only the one that is meant where none is named", () => {
  const workflow = (verify: string): string =>
    `export const workflow = { name: "x", entry: "lead", verify: { by: "${verify}" } };\n`;
  const dir = projectOf({
    "modes/worker.md": "---\nslug: worker\nlevel: 030-worker\nescalates_to:\n  - lead # For doubts\n---\n",
    "graphs/feature-workflow.ts":
      'import { who } from "./shared.ts";\nexport const workflow = { name: "f", entry: who };\n',
    "graphs/shared.ts": 'export const who = "lead";\n',
    "graphs/w.ts": workflow("worker"),
  });
  expect(cadre(dir, ["lint"])).toMatchObject({ code: 0 });
  writeFileSync(join(dir, "graphs/w.ts"), workflow("nobody"));
  writeFileSync(join(dir, "graphs/v.ts"), "export const workflow = {\n");
  const { code, out } = cadre(dir, ["lint"]);
  expect(code).toBe(1);
  expect(out).toMatch(/^graphs\/w\.ts:1:1\terror\tworkflow-unknown-role\t.*"nobody"/m);
  expect(out).toMatch(/^graphs\/v\.ts:1:1\terror\tworkflow-invalid\tgraphs\/v\.ts could not be loaded/m);
});
