/**
 * RELIABILITY 37: two hundred ways to break a chart, made of the shipped modes one mistake at a time. Each is found, in the file and on the line where it
 * was made, with what to do about it; and of the shipped modes as they are, nothing is said.
 */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Problem } from "../../src/documents/problem.ts";
import { sortProblems } from "../../src/documents/problem-order.ts";
import { readMode } from "../../src/modes/read-mode.ts";
import { compile } from "../../src/org/compile.ts";

const folder = fileURLToPath(new URL("../../modes/", import.meta.url));
const shipped: ReadonlyMap<string, string> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => [`modes/${name}`, readFileSync(folder + name, "utf8")]),
);

function lint(files: ReadonlyMap<string, string>, entries = ["backend-lead"]): Problem[] {
  const read = [...files].map(([file, text]) => readMode(text, file));
  const modes = read.flatMap(({ mode }) => (mode ? [mode] : []));
  return sortProblems([...read.flatMap(({ problems }) => problems), ...compile(modes, { entries }).problems]);
}

/** One mistake: the whole set of files with it, and where it has to be found. */
type Broken = {
  readonly what: string;
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly files: ReadonlyMap<string, string>;
  readonly entries?: readonly string[];
};

type Mutation = {
  readonly what: string;
  readonly code: string;
  /** The text with the mistake; null where this file gives no occasion for it. `at`: part of the line on which it is found; left out: line 1. */
  readonly make: (text: string, file: string) => { readonly text: string; readonly at?: string } | null;
};

const swap = (text: string, from: string | RegExp, to: string): string | null => {
  const made = text.replace(from, to);
  return made === text ? null : made;
};
/** Replaces what a pattern finds in the front matter. */
const swapped =
  (from: string | RegExp, to: string, at?: string) =>
  (text: string): { text: string; at?: string } | null => {
    const made = swap(text, from, to);
    return made === null ? null : { text: made, ...(at === undefined ? {} : { at }) };
  };

const firstTarget = (key: string): RegExp => new RegExp(`(${key}:\\n  - )[a-z-]+`);

const mutations: readonly Mutation[] = [
  {
    what: "a ghost to delegate to",
    code: "route-unknown-target",
    make: swapped(firstTarget("delegates_to"), "$1ghost-of-nobody", "ghost-of-nobody"),
  },
  {
    what: "a ghost to escalate to",
    code: "route-unknown-target",
    make: swapped(firstTarget("escalates_to"), "$1ghost-of-nobody", "ghost-of-nobody"),
  },
  {
    what: "a ghost to report to",
    code: "route-unknown-target",
    make: swapped(firstTarget("reports_to"), "$1ghost-of-nobody", "ghost-of-nobody"),
  },
  {
    what: "a name in capitals",
    code: "route-unknown-target",
    make: swapped(firstTarget("escalates_to"), "$1Project-Manager", "- Project-Manager"),
  },
  {
    what: "a name with an accent apart (NFD)",
    code: "route-unknown-target",
    make: swapped(firstTarget("escalates_to"), "$1proje\u0301ct-manager", "proje\u0301ct"),
  },
  {
    what: "a name with a look-alike letter",
    code: "route-unknown-target",
    make: swapped(firstTarget("escalates_to"), "$1pr\u043eject-manager", "pr\u043eject"),
  },
  {
    what: "a name with something invisible in it",
    code: "route-unknown-target",
    make: swapped(firstTarget("escalates_to"), "$1project\u200b-manager", "project\u200b"),
  },
  {
    what: "itself to turn to",
    code: "route-to-self",
    make: (text, file) => swapped(firstTarget("escalates_to"), `$1${slugIn(file)}`, `  - ${slugIn(file)}`)(text),
  },
  {
    what: "the user to delegate to",
    code: "route-delegates-to-user",
    make: (text) => {
      const [whole = "", purpose = ""] = /delegates_to:\n {2}- [a-z-]+( #.*)/.exec(text) ?? [];
      return whole === ""
        ? null
        : { text: text.replace(whole, `delegates_to:\n  - user${purpose}`), at: `- user${purpose}` };
    },
  },
  {
    what: "no purpose",
    code: "purpose-missing",
    make: (text) => {
      const found = /escalates_to:\n( {2}- [a-z-]+) #.*\n/.exec(text);
      return found ? { text: text.replace(found[0], `escalates_to:\n${found[1]}\n`), at: `${found[1]}\n` } : null;
    },
  },
  {
    what: "a purpose still to be written",
    code: "purpose-missing",
    make: swapped(/(escalates_to:\n {2}- [a-z-]+) #.*/, "$1 # TODO", "# TODO"),
  },
  {
    what: "a route twice",
    code: "route-duplicate",
    make: (text) => {
      const found = /escalates_to:\n( {2}- [a-z-]+ #.*\n)/.exec(text);
      return found
        ? { text: text.replace(found[0], `${found[0]}${found[1]?.replace("#", "# once more:")}`), at: "# once more:" }
        : null;
    },
  },
  { what: "no slug", code: "slug-missing", make: swapped(/^slug: .*\nname: .*\n/m, "") },
  { what: "an empty slug", code: "slug-missing", make: swapped(/^slug: .*/m, "slug:", "slug:") },
  {
    what: "a slug with a space",
    code: "slug-malformed",
    make: swapped(/^slug: .*/m, "slug: two words", "slug: two words"),
  },
  { what: "a slug of cadre's own", code: "slug-malformed", make: swapped(/^slug: .*/m, "slug: _gate", "slug: _gate") },
  { what: "the user's slug", code: "slug-malformed", make: swapped(/^slug: .*/m, "slug: user", "slug: user") },
  { what: "an unknown rank", code: "level-spelling", make: swapped(/^level: .*/m, "level: 9x-boss", "level: 9x-boss") },
  {
    what: "a rank in digits that contradicts its word",
    code: "level-spelling",
    make: swapped(/^level: (\d\d).*/m, "level: $10-executive-x", "-executive-x"),
  },
  {
    what: "a misspelled tool group",
    code: "tool-group-unknown",
    make: swapped(/^ {2}- communication.*/m, "  - comunication", "tool_groups:"),
  },
  { what: "a misspelled key", code: "key-unknown", make: swapped(/^escalates_to:/m, "escalate_to:", "escalate_to:") },
  { what: "a key twice", code: "yaml-duplicate-key", make: swapped(/^name: .*/m, "$&\nname: again", "name: again") },
  {
    what: "a key that JavaScript knows",
    code: "yaml-key",
    make: swapped(/^name: .*/m, "$&\n__proto__: {a: 1}", "__proto__"),
  },
  {
    what: "a bracket that is never closed",
    code: "yaml-invalid",
    make: swapped(/^tags: \[(.*)\]$/m, "tags: [$1", "level:"),
  },
  {
    what: "routes as a map",
    code: "key-shape",
    make: (text) => {
      const found = /^reports_to:\n(?: {2}- .*\n)+/m.exec(text);
      return found
        ? { text: text.replace(found[0], "reports_to: {project-manager: all of it}\n"), at: "reports_to: {" }
        : null;
    },
  },
  { what: "front matter in JavaScript", code: "front-matter-language", make: swapped(/^---\n/, "---js\n") },
  {
    what: "front matter that is never closed",
    code: "front-matter-unclosed",
    make: (text) => ({ text: text.replace(/\n---\n[\s\S]*$/, "\n") }),
  },
  {
    what: "no front matter",
    code: "not-a-role",
    make: (text) => ({ text: text.replace(/^---\n[\s\S]*?\n---\n/, "") }),
  },
  {
    what: "UTF-8 read as Windows-1252",
    code: "mojibake",
    make: (text) => ({ text: `${text}\nA note â€” with a dash.\n`, at: "A note" }),
  },
  {
    what: "another list in the body",
    code: "metadata-contradiction",
    make: (text) => ({ text: `${text}\n## Metadata\n\n**Escalates To:**\n- nobody-else\n`, at: "**Escalates To:**" }),
  },
];

function slugIn(file: string): string {
  return /^slug: (.*)$/m.exec(shipped.get(file) ?? "")?.[1] ?? "";
}

function lineOf(text: string, at: string | undefined): number {
  if (at === undefined) return 1;
  const place = text.indexOf(at);
  if (place === -1) throw new Error(`the mistake is not in the file: ${at}`);
  return text.slice(0, place).split("\n").length;
}

const ofFiles: readonly Broken[] = [...shipped].flatMap(([file, text]) =>
  mutations.flatMap(({ what, code, make }): Broken[] => {
    const made = make(text, file);
    if (!made) return [];
    return [
      {
        what: `${file}: ${what}`,
        code,
        file,
        line: lineOf(made.text, made.at),
        files: new Map(shipped).set(file, made.text),
      },
    ];
  }),
);

const copies: readonly Broken[] = [...shipped].map(([file, text]) => {
  const copy = `modes/z-${slugIn(file)}.md`;
  return {
    what: `${file}: its slug in a second file`,
    code: "slug-duplicate",
    file: copy,
    line: lineOf(text, "slug:"),
    files: new Map(shipped).set(copy, text),
  };
});

const lonely: readonly Broken[] = [...shipped.keys()].slice(0, 5).map((file, at) => {
  const own = `modes/lonely-${at}.md`;
  const text = `---\nname: Lonely\nslug: lonely-${at}\nlevel: 040-assistant\nescalates_to:\n  - ${slugIn(file)} # whatever comes up\n---\nYou wait.\n`;
  return {
    what: `a role that only ${file} is asked by`,
    code: "role-unreached",
    file: own,
    line: 3,
    files: new Map(shipped).set(own, text),
  };
});

/** Roles that escalate round and round: of each length, found at the first of them. */
const circles: readonly Broken[] = Array.from({ length: 8 }, (_, at) => at + 2).map((length) => {
  const files = Array.from(
    { length },
    (_, each) =>
      [
        `modes/${each}.md`,
        `---\nslug: r${each}\nlevel: 030-worker\nescalates_to:\n  - r${(each + 1) % length} # whatever comes up\ndelegates_to:\n  - r${(each + 1) % length} # whatever there is to do\n---\nYou ask.\n`,
      ] as const,
  );
  return {
    what: `a circle of ${length} without a person`,
    code: "escalation-cycle",
    file: "modes/0.md",
    line: 4,
    files: new Map(files),
    entries: ["r0"],
  };
});

const upside: readonly Broken[] = (["escalation-downward", "delegation-upward"] as const).flatMap((code) =>
  [1, 2, 3].map((ranks) => {
    const [top, low] = [`0${3 - ranks}0-${["worker", "lead", "director", "executive"][ranks]}`, "030-worker"];
    const mode = (slug: string, level: string, routes: string): string =>
      `---\nslug: ${slug}\nlevel: ${level}\n${routes}---\nYou work.\n`;
    const downward = code === "escalation-downward";
    const files = new Map([
      [
        "modes/top.md",
        mode(
          "top",
          top,
          downward
            ? "delegates_to:\n  - low # work\nescalates_to:\n  - low # trouble\n  - user # the rest\n"
            : "escalates_to:\n  - user # the rest\n",
        ),
      ],
      [
        "modes/low.md",
        mode(
          "low",
          low,
          downward
            ? "escalates_to:\n  - user # trouble\n"
            : "escalates_to:\n  - top # trouble\ndelegates_to:\n  - top # work\n",
        ),
      ],
    ]);
    return {
      what: `${code} by ${ranks}`,
      code,
      file: downward ? "modes/top.md" : "modes/low.md",
      line: 7,
      files,
      entries: [downward ? "top" : "low"],
    };
  }),
);

const corpus = [...ofFiles, ...copies, ...lonely, ...circles, ...upside];

test("row 37 nothing is said of the shipped modes, nor of small charts that are in order", () => {
  expect(lint(shipped)).toEqual([]);
});

test("row 37 there are two hundred broken charts and more, no two alike, of every kind", () => {
  expect(corpus.length).toBeGreaterThanOrEqual(200);
  expect(new Set(corpus.map(({ files }) => JSON.stringify([...files]))).size).toBe(corpus.length);
  const kinds = Map.groupBy(corpus, ({ code }) => code);
  console.info(
    `${corpus.length} broken charts: ${[...kinds].map(([code, all]) => `${code} ${all.length}`).join(", ")}`,
  );
  for (const { code } of mutations) expect(kinds.get(code)?.length, code).toBeGreaterThan(0);
});

test("row 37 every one is found, in its file and on its line, with a mend", () => {
  const missed = corpus.flatMap(({ what, code, file, line, files, entries }) => {
    const found = lint(files, entries === undefined ? undefined : [...entries]);
    const hit = found.find((problem) => problem.code === code && problem.file === file && problem.line === line);
    if (hit?.hint !== undefined && hit.hint !== "") return [];
    return [
      {
        what,
        wanted: `${code} ${file}:${line}`,
        found: found.slice(0, 4).map((each) => `${each.code} ${each.file}:${each.line} ${each.hint ?? "NO HINT"}`),
      },
    ];
  });
  expect(missed).toEqual([]);
});
