import { expect, test } from "vitest";
import { readMode } from "../../src/modes/read-mode.ts";
import type { Mode } from "../../src/modes/mode.ts";
import { USER, check } from "../../src/org/chart.ts";
import { compile, type Compiled } from "../../src/org/compile.ts";
import type { CompileOptions } from "../../src/org/lint/options.ts";
import { loadProject } from "../../src/project.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

/** `slug level` to `kind target` lists: d delegates, e escalates, r reports. */
function modeOf(slug: string, lines: string): Mode {
  const { mode, problems } = readMode(`---\nslug: ${slug}\n${lines}\n---\n# ${slug}\n`, `modes/${slug}.md`);
  if (!mode) throw new Error(JSON.stringify(problems));
  return mode;
}

const to = (key: string, ...targets: string[]): string =>
  `${key}:\n${targets.map((target) => `  - ${target} # For ${target}`).join("\n")}`;

function lint(modes: readonly Mode[], options?: CompileOptions): string[] {
  return compile(modes, options).problems.map((p) => `${p.severity} ${p.code} ${p.file.slice(6, -3)}:${p.line}`);
}

const chief = modeOf("chief", `level: 010-director\n${to("delegates_to", "lead")}`);
const lead = modeOf("lead", `level: 020-lead\n${to("delegates_to", "hand")}\n${to("escalates_to", "chief")}`);
const hand = modeOf("hand", `level: 030-worker\n${to("escalates_to", "lead")}\n${to("reports_to", "chief")}`);

test("a sensible chart has no problems, and its roles and routes are what the files declare", () => {
  const { chart, problems, declared } = compile([lead, hand, chief], { entries: ["chief"] });
  expect(problems).toEqual([]);
  expect(chart.roles.map((role) => [role.slug, role.rank])).toEqual([
    ["chief", "director"],
    ["hand", "worker"],
    ["lead", "lead"],
  ]);
  expect(declared).toHaveLength(5);
  expect(chart.routes).toHaveLength(6);
  expect(chart.hash).toMatch(/^[0-9a-f]{64}$/);
});

test("C3 the top of the chart escalates to user, citing the place where its file could say otherwise", () => {
  expect(check(compile([lead, hand, chief]).chart, "escalation", "chief", USER)).toMatchObject({
    allowed: true,
    route: { purpose: "top of the chart: chief escalates to nobody else", file: "modes/chief.md", line: 2 },
  });
  const empty = modeOf("a", "name: A\nescalates_to: []");
  expect(compile([empty]).chart.routes).toMatchObject([{ to: USER, line: 4 }]);
  expect(check(compile([lead, hand, chief]).chart, "escalation", "lead", USER).allowed).toBe(false);
});

test("unknown targets are errors with a suggestion, and are not in the chart", () => {
  const typo = modeOf("typo", to("escalates_to", "laed", "Lead", "zzz"));
  const { chart, problems } = compile([typo, lead, hand, chief]);
  const unknown = problems.filter((problem) => problem.code === "route-unknown-target");
  expect(unknown.map((problem) => [problem.line, problem.hint])).toEqual([
    [4, 'Did you mean "lead"?'],
    [5, 'Did you mean "lead"?'],
    [6, "Add a mode with the slug zzz, or take the route out."],
  ]);
  expect(unknown[0]?.message).toBe('typo escalates to "laed", which no mode here declares (modes/typo.md:4).');
  expect(chart.routes.filter((route) => route.from === "typo")).toEqual([]);
});

test("a target whose file cannot be read is told as that, and nobody is asked to take the route out", () => {
  const asks = modeOf("asks", to("escalates_to", "boss", "bos", "zzz"));
  const { problems } = compile([asks], { unread: ["modes/boss.md"] });
  const unknown = problems.filter((problem) => problem.code === "route-unknown-target");
  expect(unknown.map(({ line, hint }) => [line, hint])).toEqual([
    [4, "Mend modes/boss.md first: what is wrong with it is told beside this."],
    [5, 'Did you mean "boss"?'],
    [6, "Add a mode with the slug zzz, or take the route out."],
  ]);
  expect(unknown[0]?.message).toBe('asks escalates to "boss", and modes/boss.md, whose name is that, cannot be read.');
});

test("an entry that is no role leaves no role unreached: it is the workflow's error alone", () => {
  const unreached = (entry: string): unknown[] =>
    compile([lead, hand, chief, modeOf("lone", "name: Lone")], { entries: [entry] }).problems.filter(
      ({ code }) => code === "role-unreached",
    );
  expect(unreached("laed")).toEqual([]);
  expect(unreached("lead")).toMatchObject([{ file: "modes/lone.md" }]);
});

test("slugs: duplicates, bad characters and reserved names are errors", () => {
  const twin = { ...lead, file: "modes/z.md", body: "other" };
  const { chart, problems } = compile([twin, lead, hand, chief]);
  expect(problems.map((p) => `${p.code} ${p.file}:${p.line} ${p.message}`)).toContain(
    "slug-duplicate modes/z.md:2 The slug lead is declared twice: first in modes/lead.md:2.",
  );
  expect(chart.roles.find((role) => role.slug === "lead")?.file).toBe("modes/lead.md");
  for (const slug of ["user", "_gate", "__start__", "Lead", "a b", "a|b", "a:b", "-a", "é", "a/../b", "x".repeat(65)]) {
    expect(lint([{ ...hand, slug }]).join()).toMatch(/error slug-malformed hand:2/);
    expect(compile([{ ...hand, slug }]).chart.roles).toEqual([]);
  }
});

test("routes: to itself, delegated to user, declared twice, without a purpose", () => {
  const odd = modeOf(
    "odd",
    `${to("delegates_to", "odd", "user", "hand", "hand")}\nescalates_to:\n  - lead\n  - user # For all`,
  );
  expect(lint([odd, lead, hand, chief]).filter((line) => line.includes(" odd:"))).toEqual([
    "info level-missing odd:2",
    "warning role-unreached odd:2",
    "error route-to-self odd:4",
    "error route-delegates-to-user odd:5",
    "warning route-duplicate odd:7",
    "warning purpose-missing odd:9",
  ]);
  const own = compile([odd, lead, hand, chief]).chart.routes.filter((route) => route.from === "odd");
  expect(own.map((route) => [route.kind, route.to, route.purpose])).toEqual([
    ["escalation", "lead", "no purpose declared"],
    ["escalation", "user", "For all"],
    ["delegation", "hand", "For hand"],
  ]);
});

test("what was probably meant is never a route that the next look would refuse: the role itself, or work for user", () => {
  const near = modeOf("near", `${to("delegates_to", "neer", "usr")}\n${to("escalates_to", "usr")}`);
  const hints = compile([near, lead, hand, chief]).problems.flatMap(({ code, hint }) =>
    code === "route-unknown-target" ? [hint] : [],
  );
  expect(hints).toEqual([
    "Add a mode with the slug neer, or take the route out.",
    "Add a mode with the slug usr, or take the route out.",
    'Did you mean "user"?',
  ]);
});

test("direction: escalating downward and delegating upward are warnings; equal ranks and unranked roles are fine", () => {
  const down = modeOf(
    "down",
    `level: 010-director\n${to("escalates_to", "hand", "chief", "free")}\n${to("delegates_to", "chief")}`,
  );
  const up = modeOf(
    "up",
    `level: 030-worker\n${to("delegates_to", "lead", "hand", "free")}\n${to("escalates_to", "lead")}`,
  );
  const free = modeOf("free", to("escalates_to", "hand"));
  const found = lint([down, up, free, lead, hand, chief]).filter((line) => /downward|upward/.test(line));
  expect(found).toEqual(["warning escalation-downward down:5", "warning delegation-upward up:5"]);
});

test("a circle of escalations with no person in it is an error for all who end in it; a person, or a way out, ends it", () => {
  const a = modeOf("a", to("escalates_to", "b"));
  const b = modeOf("b", to("escalates_to", "c"));
  const c = modeOf("c", to("escalates_to", "a"));
  const into = modeOf("into", to("escalates_to", "a"));
  const errors = (modes: Mode[], options?: CompileOptions) =>
    compile(modes, options).problems.filter((p) => p.severity === "error");
  expect(errors([a, b, c, into]).map((p) => [p.code, p.message])).toEqual([
    ["escalation-cycle", "a escalates in a circle with no person in it: a -> b -> c -> a."],
    ["escalation-cycle", "b escalates in a circle with no person in it: b -> c -> a -> b."],
    ["escalation-cycle", "c escalates in a circle with no person in it: c -> a -> b -> c."],
    ["no-way-up", "From into no escalation reaches a person: all of them end in a, b, c."],
  ]);
  expect(errors([a, b, c, into], { people: ["b"] })).toEqual([]);
  const out = modeOf("c", to("escalates_to", "a", "user"));
  expect(errors([a, b, out, into])).toEqual([]);
  expect(lint([a, b, out, into]).filter((line) => line.includes("circle"))).toEqual(["info escalation-circle a:3"]);
});

test("roles that nothing reaches are warnings; entries are exempt, and an island is seen through them", () => {
  const lone = modeOf("lone", "level: 030-worker");
  expect(lint([lead, hand, chief, lone])).toEqual(["warning role-unreached lone:2"]);
  expect(lint([lead, hand, chief, lone], { entries: ["chief", "lone"] })).toEqual([]);
  const x = modeOf("x", `level: 030-worker\n${to("delegates_to", "y")}`);
  const y = modeOf("y", `level: 030-worker\n${to("delegates_to", "x")}`);
  expect(lint([lead, hand, chief, x, y])).toEqual([]);
  expect(lint([lead, hand, chief, x, y], { entries: ["chief"] })).toEqual([
    "warning role-unreached x:2",
    "warning role-unreached y:2",
  ]);
});

test("tool groups and models: unknown, empty, unmapped", () => {
  const tools = modeOf(
    "hand",
    `${to("escalates_to", "lead")}\nlevel: 030-worker\ntool_groups: [read, edti, browser, toString]\napi_config: {model: gpt}`,
  );
  expect(lint([tools, lead, chief], { mappedModels: ["gpt-x"] })).toEqual([
    "info tool-group-empty hand:6",
    "warning tool-group-unknown hand:6",
    "warning tool-group-unknown hand:6",
    "warning model-unmapped hand:7",
  ]);
  expect(lint([tools, lead, chief]).join()).not.toMatch(/model-unmapped/);
  expect(lint([tools, lead, chief], { mappedModels: ["gpt"] }).join()).not.toMatch(/model-unmapped/);
});

test("the hash changes with a role's words, a purpose, or a line; not with what only lint reads", () => {
  const base = compile([lead, hand, chief]).chart.hash;
  const changed: Compiled[] = [
    compile([lead, { ...hand, body: "other" }, chief]),
    compile([lead, { ...hand, routes: hand.routes.map((route) => ({ ...route, purpose: "else" })) }, chief]),
    compile([lead, { ...hand, toolGroups: ["command"] }, chief]),
  ];
  expect(new Set([base, ...changed.map((each) => each.chart.hash)]).size).toBe(4);
  expect(compile([lead, { ...hand, extra: { a: 1 } }, chief], { entries: ["chief"] }).chart.hash).toBe(base);
});

test("a role that a mistyped route may have meant is not reported as unreached too", () => {
  const typo = modeOf("lead", `level: 020-lead\n${to("delegates_to", "hnad")}\n${to("escalates_to", "chief")}`);
  expect(lint([chief, typo, hand])).toEqual(["error route-unknown-target lead:5"]);
});

test.each(["TODO", "to do", "tbd.", "…", "?", "FIXME:", "n/a"])("%j is no purpose", (words) => {
  const vague = modeOf("lead", `level: 020-lead\nescalates_to:\n  - chief # ${words}`);
  expect(lint([vague, chief], { entries: ["chief"] })).toEqual(["warning purpose-missing lead:5"]);
});

test("models are held against the names, roles and ranks that cadre.yaml maps, and against nothing where it maps no names", async () => {
  const models = "models:\n  m: {tier: hf, model: a/b, token: HF_TOKEN}\n";
  const unmapped = async (map: string): Promise<string[]> => {
    const folder = shippedProject({ "cadre.yaml": `${models}map: ${map}\n` });
    try {
      const { problems } = await loadProject(folder.dir);
      return problems.filter((each) => each.code === "model-unmapped").map((each) => each.file);
    } finally {
      folder.remove();
    }
  };
  expect(await unmapped("{default: m}")).toEqual([]);
  expect(await unmapped("{names: {gemini-2.5-pro: m}}")).toEqual([]);
  expect(await unmapped("{names: {gemini-2.5: m}}")).toHaveLength(10);
  expect(await unmapped("{names: {gemini-2.5: m}, ranks: {lead: m, director: m, worker: m}}")).toEqual([]);
});
