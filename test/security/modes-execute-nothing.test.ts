/** R5: whatever a folder of modes, a rules pack or a brief contains, reading it executes nothing. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import matter from "gray-matter";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { readMarkdown } from "../../src/documents/front-matter.ts";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import { readMode } from "../../src/modes/read-mode.ts";
import { readRulesPack } from "../../src/modes/rules-pack.ts";

type Canary = { cadreCanary?: number };
const world = globalThis as Canary;

/** Valid JavaScript, as gray-matter's own engine wants it, that counts its executions. */
const payload = `{ slug: (globalThis.cadreCanary = (globalThis.cadreCanary ?? 0) + 1, "evil") }`;

const openings = [
  "---js",
  "--- js",
  "---JS",
  "---javascript",
  "--- javascript",
  "---JavaScript",
  "---js ",
  "---\tjs",
  "\ufeff---js",
  "---coffee",
  "---coffeescript",
  "---cson",
  "---json",
  "---toml",
  "---constructor",
  "---__proto__",
  "--- yaml",
  "---",
];
const lineEnds = ["\n", "\r\n"];
const forms = openings.flatMap((opening) =>
  lineEnds.map((end): [string, string] => [
    JSON.stringify(opening + end),
    [opening, payload, "---", "# Body", ""].join(end),
  ]),
);

function readAll(text: string): void {
  readMarkdown(text, "a.md");
  readMode(text, "a.md");
  readRulesPack(text, "rules/a.md");
  readBrief(text, "a.md");
}

beforeEach(() => {
  world.cadreCanary = 0;
});
afterEach(() => {
  delete world.cadreCanary;
  // Its types leave this out.
  (matter as unknown as { clearCache(): void }).clearCache();
});

describe("R5 nothing is executed", () => {
  test("the canary is alive: plain gray-matter does execute it", () => {
    matter(`---js\n${payload}\n---\n`, {});
    expect(world.cadreCanary).toBe(1);
  });

  test.each(forms)("R5 front matter opened by %s executes nothing", (_name, text) => {
    readAll(text);
    expect(world.cadreCanary).toBe(0);
  });

  test.each(forms.filter(([name]) => !name.startsWith('"---\\')))(
    "R5 a first line %s is refused with a reason, not ignored",
    (_name, text) => {
      const { mode, problems } = readMode(text, "a.md");
      expect(mode).toBeNull();
      expect(problems[0]).toMatchObject({ code: "front-matter-language", severity: "error", line: 1, column: 4 });
    },
  );

  test("R5 YAML tags construct nothing", () => {
    for (const tag of [
      "!!js/function",
      "!!js/regexp",
      "!!js/undefined",
      "!<tag:yaml.org,2002:js/function>",
      "!!python/object",
    ]) {
      const text = `---\nslug: a\nname: ${tag} "function () { globalThis.cadreCanary += 1 }()"\n---\n`;
      readAll(text);
      expect(readMode(text, "a.md").mode?.name ?? "").toBeTypeOf("string");
    }
    expect(world.cadreCanary).toBe(0);
  });

  test("R5 gray-matter's stringify, its cache and its read are never used", () => {
    const stringify = vi.spyOn(matter, "stringify");
    const text = `---\nslug: cached\n---\nbody`;
    readAll(text);
    expect(stringify).not.toHaveBeenCalled();
    expect((matter as unknown as { cache: Record<string, unknown> }).cache).toEqual({});
    // A failed parse that was cached would come back empty the second time.
    const broken = "---\nslug: [\n---\n";
    expect(readMode(broken, "a.md")).toEqual(readMode(broken, "a.md"));
    stringify.mockRestore();
  });

  test("R5 a folder of such files, with scripts beside them, executes nothing", async () => {
    const dir = await mkdtemp(join(tmpdir(), "cadre-r5-"));
    try {
      await mkdir(join(dir, "modes", "rules"), { recursive: true });
      await Promise.all(
        forms.flatMap(([, text], index) => [
          writeFile(join(dir, "modes", `m${index}.md`), text),
          writeFile(join(dir, "modes", "rules", `r${index}.md`), text),
        ]),
      );
      for (const name of ["index.js", "index.mjs", "package.json", "x.md.js"]) {
        await writeFile(join(dir, "modes", name), "globalThis.cadreCanary += 1;");
      }
      const loaded = await loadProjectModes(dir);
      expect(loaded.modes.map((mode) => mode.slug)).not.toContain("evil");
      expect(loaded.sources.size).toBe(forms.length * 2);
      expect(world.cadreCanary).toBe(0);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  const runs = Number(process.env["CADRE_FUZZ"] ?? 3000);

  test(
    `R5 fuzz: ${runs} documents made of delimiters, languages, blanks and payloads execute nothing`,
    { timeout: 600_000 },
    () => {
      const piece = fc.constantFrom(
        "---",
        "----",
        "--",
        "js",
        "JS",
        "javascript",
        "yaml",
        "json",
        "coffee",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\ufeff",
        payload,
        `slug: a`,
        "\n---\n",
        "---js\n",
        "\u0000",
        "\u2028",
        "!!js/function",
        ": ",
        "- ",
        "# c",
        "*a",
        "&a",
        "{",
        "[",
        "<<: *a",
      );
      const made = fc.array(fc.oneof({ weight: 8, arbitrary: piece }, { weight: 1, arbitrary: fc.string() }), {
        maxLength: 14,
      });
      const text = fc
        .tuple(fc.constantFrom("", "---", "---js", "\ufeff---", "---\n"), made)
        .map(([start, rest]) => start + rest.join(""));
      fc.assert(
        fc.property(text, (document) => {
          readAll(document);
          return world.cadreCanary === 0;
        }),
        { numRuns: runs },
      );
    },
  );
});
