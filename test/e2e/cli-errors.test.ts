/** Every mistake that a user can make at the command line: one clear error, the right exit code, never a stack trace. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { begun, brief, cadre, document, folder, main, openAsks, project, records, type Ended } from "./cli-process.ts";

const root = process.getuid?.() === 0;

function expectError(ended: Ended, code: number, ...says: readonly RegExp[]): void {
  expect({ code: ended.code, err: ended.err }).toEqual({ code, err: expect.stringMatching(/^error: /m) as string });
  for (const words of says) expect(ended.err).toMatch(words);
  expect(ended.err).not.toMatch(/^ {4}at /m);
}

/** Mounts a small tmpfs; null where this user may not. */
function mount(at: string, options: string): string | null {
  mkdirSync(at, { recursive: true });
  if (!root || spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at]).status !== 0) return null;
  onTestFinished(() => void spawnSync("umount", [at]));
  return at;
}

describe("the command line itself", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["an unknown command", ["grph"], /did you mean graph\?/],
    ["an unknown option", ["run", "x", "--modle", "y"], /did you mean --model\?/],
    ["a missing argument", ["answer"], /missing required argument/],
    ["a format that is none", ["graph", "--format", "png"], /none of tree, mermaid, dot, svg, json/],
    ["a number that is none", ["lint", "--max-warnings", "few"], /not a whole number/],
    ["an unknown field", ["runs", "--fields", "statsu"], /status/],
    ["a prompt without a terminal", ["run", brief, "--on-ask", "prompt"], /needs a terminal/],
    [
      "a word that an option does not know",
      ["run", brief, "--on-ask", "maybe"],
      /^error: --on-ask "maybe" is none of/m,
    ],
    ["an argument that is missing, with an example", ["reject", "@waiting"], /for example: npx cadre reject /],
    ["an empty brief", ["run", ""], /the brief is empty/],
    ["a folder for a brief", ["run", "briefs"], /name a brief in it: .*briefs\/vietnamese-reviews\.md/],
    ["answers that are not there", ["run", brief, "--answers", "a.yaml"], /there is no file a\.yaml/],
    ["an alias that is none", ["show", "@newest"], /@latest is the newest run, @waiting/],
    ["an unknown status", ["runs", "--status", "done"], /running, waiting/],
  ])("%s is exit 2 with what to do", (_name, args, says) => {
    expectError(cadre(project(), args), 2, says, /hint: /);
  });

  test("help and --help explain a command alike", () => {
    const [asked, other] = [cadre(folder(), ["help", "run"]), cadre(folder(), ["run", "--help"])];
    expect(asked).toEqual({ code: 0, err: "", out: other.out });
    expect(other.out).toMatch(/^Usage: cadre run/);
  });

  test("with --json an error is one document of its own on stdout", () => {
    const ended = cadre(project(), ["show", "r-ffffff", "--json"]);
    expect(ended.code).toBe(2);
    expect(document(ended)).toMatchObject({ schema: "cadre.error/1", code: "run-unknown", exit: 2, move: "fix-input" });
    const usage = cadre(project(), ["grph", "--json"]);
    expect([usage.code, document(usage)["code"]]).toEqual([2, "usage"]);
  });
});

describe("folders and files", () => {
  test("the folder that it is started in is gone", () => {
    const gone = join(folder(), "gone");
    mkdirSync(gone);
    const inside = 'cd "$0" && rmdir "$0" && exec "$1" "$2" inbox';
    const { status, stderr } = spawnSync("sh", ["-c", inside, gone, process.execPath, main], { encoding: "utf8" });
    expectError({ code: status, out: "", err: stderr }, 2, /the folder in which this was started is gone/, /^hint: /m);
  });

  test("a missing folder", () => {
    expectError(cadre(folder(), ["lint", "--dir", "nowhere"]), 2, /nowhere/, /init/);
    expectError(cadre(folder(), ["lint", "nowhere"]), 2, /no file or folder nowhere/);
  });

  test("a project without modes, and an empty modes folder", () => {
    const empty = folder();
    expectError(cadre(empty, ["lint"]), 2, /modes/, /cadre init/);
    mkdirSync(join(empty, "modes"));
    expectError(cadre(empty, ["graph"]), 2, /holds no mode/);
    expectError(cadre(empty, ["run", "do something"]), 2, /holds no mode/);
  });

  test.each<[string, Buffer | string, string]>([
    ["a binary file", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1]), "file-binary"],
    ["a 10 MB file", Buffer.alloc(10 * 1024 * 1024, "x"), "file-too-large"],
    [
      "a YAML bomb",
      `---\nslug: bomb\na: &a [x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f", "g", "h"].map((key, at) => `${key}: &${key} [${`*${"abcdefg"[at]},`.repeat(9)}]`).join("\n")}\n---\n`,
      "",
    ],
  ])("%s among the modes is a lint error with its place, well before a bomb would go off", (_name, bytes, code) => {
    const dir = project();
    writeFileSync(join(dir, "modes/odd.md"), bytes);
    const started = Date.now();
    const ended = cadre(dir, ["lint", "--json"]);
    expect([ended.code, Date.now() - started < 10_000]).toEqual([1, true]);
    const problems = document(ended)["problems"] as { file: string; code: string; severity: string }[];
    const own = problems.filter((problem) => problem.file === "modes/odd.md" && problem.severity === "error");
    expect(own.length).toBeGreaterThan(0);
    if (code !== "") expect(own[0]?.code).toBe(code);
    expectError(cadre(dir, ["run", brief]), 1, /modes\/odd\.md/);
  });

  test("a duplicate slug stops lint and run, naming both files", () => {
    const dir = project();
    copyFileSync(join(dir, "modes/backend-lead.md"), join(dir, "modes/second.md"));
    const linted = cadre(dir, ["lint"]);
    expect(linted.code).toBe(1);
    expect(linted.out).toMatch(/duplicate/);
    expectError(cadre(dir, ["run", brief]), 1, /backend-lead/);
  });

  test("a workflow that names a role that is not there, and one that cannot be loaded", () => {
    const dir = project();
    const file = join(dir, "graphs/feature-workflow.ts");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace('entry: "backend-lead"', 'entry: "backend-laed"'));
    expectError(cadre(dir, ["run", brief]), 1, /backend-laed/, /backend-lead/);
    writeFileSync(file, "export const workflow = {");
    expect(cadre(dir, ["lint"]).code).toBe(1);
    expectError(cadre(dir, ["run", brief]), 2, /graphs\/feature-workflow\.ts/);
    expectError(cadre(dir, ["run", brief, "--workflow", "other"]), 2, /other/);
  });

  test("a cadre.yaml with a mistake: the place, and never the value", () => {
    const dir = project();
    writeFileSync(join(dir, "cadre.yaml"), "models:\n  small: {tier: hf, model: m, token: hf_abcdefghijklmnop}\n");
    const ended = cadre(dir, ["runs"]);
    expectError(ended, 2, /cadre\.yaml:2/);
    expect(ended.out + ended.err).not.toContain("hf_abcdefghijklmnop");
  });
});

describe("briefs", () => {
  test.each<[string, (dir: string) => string]>([
    ["a path that is not there", () => "briefs/none.md"],
    ["a folder", () => "briefs"],
    [
      "a binary brief",
      (dir) => {
        writeFileSync(join(dir, "odd.md"), Buffer.from([0xff, 0xfe, 0, 0]));
        return "odd.md";
      },
    ],
    [
      "a brief of 10 MB",
      (dir) => {
        writeFileSync(join(dir, "big.md"), Buffer.alloc(10 * 1024 * 1024, "x"));
        return "big.md";
      },
    ],
    [
      "a brief without a task",
      (dir) => {
        writeFileSync(join(dir, "empty.md"), "## Why\n\nBecause.\n");
        return "empty.md";
      },
    ],
  ])("%s is exit 2 and starts nothing", (_name, make) => {
    const dir = project();
    expectError(cadre(dir, ["run", make(dir)]), 2);
    expect(document(cadre(dir, ["runs", "--json"]))["runs"]).toEqual([]);
  });

  test("an input that is not there, an unknown entry role, an unknown model", () => {
    const dir = project();
    writeFileSync(join(dir, "b.md"), "---\ninputs: [data/none.csv]\n---\n## What\n\nCount the rows.\n");
    expectError(cadre(dir, ["run", "b.md"]), 2, /data\/none\.csv/);
    expectError(cadre(dir, ["run", brief, "--to", "backend-laed"]), 2, /Did you mean "backend-lead"/);
    expectError(cadre(dir, ["run", brief, "--model", "nothing-known"]), 2, /nothing-known/);
  });

  test("words on an empty stdin are no brief", () => {
    expectError(cadre(project(), ["run", "-"]), 2);
  });
});

describe("runs and asks", () => {
  test("unknown ids, and a folder in which nothing has run", () => {
    const dir = project();
    for (const verb of ["show", "trace", "watch", "resume", "journal", "changes"]) {
      expectError(cadre(dir, [verb]), 2, /no runs here yet/);
      expectError(cadre(dir, [verb, "r-ffffff"]), 2, /no run r-ffffff/);
    }
    expectError(cadre(dir, ["answer", "a-ffffff-1-2", "yes"]), 2, /npx cadre inbox/);
    expectError(cadre(dir, ["approve", "@waiting"]), 2, /nothing waits/);
  });

  test("a model that cannot be reached stops nothing for good: the error names the command that goes on", () => {
    const dir = project();
    const ended = cadre(dir, ["--dir", ".", "run", brief, "--model", "http://127.0.0.1:9/v1#m"]);
    expectError(ended, 1, /127\.0\.0\.1:9/, /go on with: npx cadre --dir \. resume r-[0-9a-f]{6}$/m);
  });

  test("that a model's file would be fetched is said before the run is made, and what to do without a network after it", () => {
    const dir = project();
    writeFileSync(join(dir, "cadre.yaml"), 'hub: {url: "http://127.0.0.1:9", timeoutSeconds: 5}\n');
    const ended = cadre(dir, ["run", brief, "--model", "embedded:hf:org/m:Q8_0"]);
    expectError(
      ended,
      1,
      /^note: .*is not here yet: it is fetched from 127\.0\.0\.1:9/m,
      /--model embedded:<file\.gguf>/,
    );
    expect(ended.err).toMatch(/go on with: npx cadre resume r-/);
    writeFileSync(
      join(dir, "cadre.yaml"),
      "models: {e: {tier: embedded, model: 'hf:org/m'}}\nmap: {default: rehearsal}\n",
    );
    expect(cadre(dir, ["run", brief]).err).not.toContain("is fetched from");
  });

  test("what is missing of a model is said before a run is made, with what it is, who chose it and what to do", () => {
    const dir = project();
    const unset = { env: { HF_TOKEN: "" } };
    expectError(
      cadre(dir, ["run", brief, "--model", "hf:org/m"], unset),
      4,
      /HF_TOKEN is not set\. --model chooses it/,
    );
    expectError(cadre(dir, ["run", brief, "--model", "embedded:gone.gguf"]), 2, /gone\.gguf is not there/, /GGUF/);
    writeFileSync(join(dir, "cadre.yaml"), "models: {m: {tier: hf, model: org/m}}\nmap: {default: m}\n");
    expectError(
      cadre(dir, ["run", brief], unset),
      4,
      /map\.default in cadre\.yaml chooses it; no run was made/,
      /Set HF_/,
    );
    expect(JSON.parse(cadre(dir, ["runs", "--json"]).out)).toMatchObject({ runs: [] });
    expect(cadre(dir, ["run", brief, "--dry-run"], unset)).toMatchObject({ code: 0 });
    expect(cadre(dir, ["rehearse", brief], unset)).toMatchObject({ code: 0 });
    expect(begun(dir, ["--model", "rehearsal"]).code).toBe(8);
  });

  test("R3 a stale hash is exit 5 and decides nothing; a wrong verb is exit 2 with the right one", () => {
    const dir = project();
    expect(begun(dir).code).toBe(8);
    const [ask] = openAsks(dir);
    if (!ask) throw new Error("nothing waits");
    const approval = ask.kind === "sign_off" || ask.kind === "approval";
    const words = approval ? ["approve", ask.id] : ["answer", ask.id, "yes"];
    const stale = cadre(dir, [...words, "--hash", "0".repeat(64)]);
    expectError(stale, 5);
    // What it says to do can be done.
    const [, look = ""] = /npx cadre (show .*)$/m.exec(stale.err) ?? [];
    expect(cadre(dir, look.split(" "))).toMatchObject({ code: 0, out: expect.stringContaining(ask.id) as string });
    expectError(
      cadre(dir, [approval ? "answer" : "approve", ask.id, ...(approval ? ["yes"] : [])]),
      2,
      /npx cadre (answer|approve)/,
    );
    expect(openAsks(dir).map((each) => each.id)).toEqual([ask.id]);
    expect(cadre(dir, [...words, "--hash", ask.hash.slice(0, 16)]).code).not.toBe(5);
  });
});

describe("places that cannot be written", () => {
  test("a read-only data folder: reading works, writing is exit 2", ({ skip }) => {
    const dir = project();
    const data = join(dir, "data");
    if (root && mount(data, "ro,size=1m") === null)
      skip("root, and no tmpfs can be mounted: nothing here is read-only");
    mkdirSync(data, { recursive: true });
    if (!root) chmodSync(data, 0o555);
    expectError(cadre(dir, ["run", brief, "--data", data]), 2, /--data/);
    expect(cadre(dir, ["inbox", "--data", data]).code).toBe(0);
    if (!root) chmodSync(data, 0o755);
  });

  test("a full disk: exit 1, said as such, and the run resumes once there is room", ({ skip }) => {
    const dir = project();
    const data = mount(join(dir, "data"), "size=2m");
    if (data === null) skip("a small tmpfs cannot be mounted here");
    // What is left lets a run begin and not end.
    writeFileSync(join(dir, "data/filler"), Buffer.alloc(1600 * 1024));
    const ended = cadre(dir, ["run", brief, "--data", "data", "--json"]);
    const last = records(ended).at(-1);
    expect([ended.code, last]).toEqual([
      1,
      expect.objectContaining({ schema: "cadre.error/1", code: "disk-full" }) as unknown,
    ]);
    rmSync(join(dir, "data/filler"));
    const runs = document(cadre(dir, ["runs", "--data", "data", "--json"]))["runs"] as unknown[];
    const again =
      runs.length === 0 ? cadre(dir, ["run", brief, "--data", "data"]) : cadre(dir, ["resume", "--data", "data"]);
    expect(again.code).toBe(8);
  });
});
