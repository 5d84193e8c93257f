/** What a pull request changes in the chart. */
import { expect, test } from "vitest";
import { readMode } from "../../src/modes/read-mode.ts";
import type { OrgChart } from "../../src/org/chart.ts";
import { compile } from "../../src/org/compile.ts";
import { chartDiff, isUnchanged, type Seats } from "../../src/org/diff.ts";
import { columnsOf } from "../../src/views/text-width.ts";
import { chartDiffMarkdown, renderChartDiff } from "../../src/views/chart-diff.ts";

type Lists = {
  readonly up?: readonly string[];
  readonly down?: readonly string[];
  readonly name?: string;
  readonly groups?: string;
};

function mode(slug: string, { up, down, name = slug, groups = "read" }: Lists): string {
  const list = (key: string, slugs: readonly string[] | undefined): string =>
    slugs === undefined ? "" : `${key}:\n${slugs.map((to) => `  - ${to}\n`).join("")}`;
  return `---\nslug: ${slug}\nname: ${name}\ndescription: The ${name}.\nlevel: 020-lead\ntool_groups: [${groups}]\n${list("escalates_to", up)}${list("delegates_to", down)}---\n\nYou are ${name}.\n`;
}

function chart(...modes: readonly string[]): OrgChart {
  return compile(modes.flatMap((text) => readMode(text, `modes/${/slug: (\S+)/.exec(text)?.[1]}.md`).mode ?? [])).chart;
}

function seats({ entry = "lead", staffing = {}, grants = {} }: Partial<Seats>): Seats {
  return { entry, staffing, grants };
}
const led = seats({ staffing: { lead: { by: "person" } } });
const still = (both: Seats): { before: Seats; after: Seats } => ({ before: both, after: both });

const plain = { colour: false, width: null, verbose: false };
const lead = mode("lead", { up: ["user # what is unclear"], down: ["worker # the work"] });
const worker = mode("worker", { up: ["lead # trouble"] });

test("the same files are the same chart", () => {
  const diff = chartDiff(chart(lead, worker), chart(worker, lead));
  expect(isUnchanged(diff)).toBe(true);
  expect(renderChartDiff(diff, "main", plain)).toBe("the chart is as it was at main");
});

test("F2 a new route tells who can now reach whom, several hops away; a purpose that changed is no new route", () => {
  const more = mode("lead", { up: ["user # what is unclear"], down: ["worker # the whole work"] });
  const far = mode("worker", { up: ["lead # trouble"], down: ["helper # errands"] });
  const helper = mode("helper", { up: ["worker # trouble"] });
  const diff = chartDiff(chart(lead, worker, helper), chart(more, far, helper));
  expect(diff.routes.added.map(({ from, to }) => `${from} ${to}`)).toEqual(["worker helper"]);
  expect(diff.routes.lost).toEqual([]);
  expect(diff.routes.changed.map(({ before, route }) => [before, route.purpose])).toEqual([
    ["the work", "the whole work"],
  ]);
  expect(diff.reach).toEqual({ gained: [{ from: "lead", to: ["helper"] }, { from: "worker", to: ["helper"] }], lost: [] }); // prettier-ignore
  const text = renderChartDiff(diff, "main", plain);
  expect(text).toMatch(/Routes added\n {2}delegation {2}worker → helper {2}“errands” {2}modes\/worker\.md:\d+/);
  expect(text).toContain("“the work” → “the whole work”");
  expect(text).toContain("Can now reach\n  lead → helper");
});

test("F3 a role whose way up was closed is named, also where the closing is another role's", () => {
  const closed = mode("lead", { up: ["worker # what is unclear"], down: ["worker # the work"] });
  const diff = chartDiff(chart(lead, worker), chart(closed, worker));
  expect(diff.wayUp).toEqual({ gained: [], lost: ["lead", "worker"] });
  expect(chartDiff(chart(closed, worker), chart(lead, worker)).wayUp).toEqual({ gained: ["lead", "worker"], lost: [] });
  expect(chartDiffMarkdown(diff, "main")).toContain("> No way up to a person any more: `lead`, `worker`.");
});

test("F1 a role that only got another slug is renamed, and its routes are not told as lost and added", () => {
  const named = mode("builder", { up: ["lead # trouble"], name: "worker" });
  const with2 = mode("lead", { up: ["user # what is unclear"], down: ["builder # the work"] });
  const diff = chartDiff(chart(lead, worker), chart(with2, named));
  expect(diff.roles).toMatchObject({ added: [], removed: [], renamed: [{ from: "worker", to: "builder" }] });
  expect(diff.routes).toEqual({ added: [], lost: [], changed: [] });
  const other = chartDiff(
    chart(lead, worker),
    chart(with2, mode("builder", { up: ["lead # trouble"], name: "mason" })),
  );
  expect(other.roles.removed.map(({ slug }) => slug)).toEqual(["worker"]);
});

test("a role's tool groups are told; what a file proposes stays text", () => {
  const handed = mode("worker", { up: ["lead # trouble | `x` <b>"], groups: "read, execution" });
  const diff = chartDiff(chart(lead, worker), chart(lead, handed));
  expect(diff.roles.changed).toEqual([
    { slug: "worker", what: "tool groups", before: "read", after: "execution, read" },
  ]);
  const page = chartDiffMarkdown(diff, "a|b");
  const row = page.split("\n").find((line) => line.startsWith("| purpose"));
  expect(row).not.toMatch(/(?<!\\)<b>/);
  expect(row?.replaceAll("\\|", "").split("|")).toHaveLength(8);
});

test("F4 what can now reach a person is told of new roles too, and of people who fill a role; what could before is not", () => {
  const free = mode("helper", { up: [] });
  const before = chart(lead, worker, free);
  const joined = mode("helper", { up: ["worker # trouble"] });
  const fresh = mode("fresh", { up: ["lead # trouble"] });
  const diff = chartDiff(before, chart(lead, worker, joined, fresh), still(led));
  expect(diff.people).toEqual({
    gained: [
      { from: "fresh", to: ["lead", "user"] },
      // It escalated to the user before: whoever names nobody does.
      { from: "helper", to: ["lead"] },
    ],
    lost: [],
  });
  expect(renderChartDiff(diff, "main", plain)).toContain(
    "Can now reach a person\n  fresh → lead, user\n  helper → lead",
  );
  expect(chartDiffMarkdown(diff, "main")).toContain("### Who can now reach a person\n\n- `fresh` → `lead`, `user`");
  const back = chartDiff(chart(lead, worker, joined), before, still(led));
  expect(back.people).toEqual({ gained: [], lost: [{ from: "helper", to: ["lead"] }] });
  // That a workflow changed is told although the chart is the same: it says who is a person.
  expect(chartDiffMarkdown(chartDiff(before, before), "main", { changed: ["graphs/w.ts"], read: true })).toContain("`graphs/w.ts`"); // prettier-ignore
});

test("F3 F4 a workflow that changed tells who can reach whoever now fills a role, and whose way up was only that person", () => {
  const one = mode("lead", { up: ["worker # what is unclear"], down: ["worker # the work"] });
  const circle = chart(one, worker);
  const diff = chartDiff(circle, circle, { before: seats({ staffing: { lead: { by: "person", name: "linh" } } }), after: seats({ entry: "worker", staffing: { worker: { by: "person" } }, grants: { worker: ["command"] } }) }); // prettier-ignore
  expect(diff.people).toEqual({ gained: [{ from: "lead", to: ["worker"] }], lost: [{ from: "worker", to: ["lead"] }] });
  expect(diff.wayUp).toEqual({ gained: [], lost: [] });
  expect(diff.entry).toEqual({ before: "lead", after: "worker" });
  expect(diff.roles.changed).toEqual([
    { slug: "lead", what: "filled by", before: "a person, linh", after: "a model" },
    { slug: "worker", what: "granted", before: "", after: "command" },
    { slug: "worker", what: "filled by", before: "a model", after: "a person" },
  ]);
  const text = renderChartDiff(diff, "main", plain);
  expect(text).toContain("Briefs go to another role\n  lead → worker");
  expect(text).toContain("lead  filled by: a person, linh → a model\n  worker  granted: none → command");
  const page = chartDiffMarkdown(diff, "main");
  expect(page).toContain("Briefs go to `worker`, no longer to `lead`.");
  expect(page).toContain("- `lead`: filled by `a person, linh` → `a model`");

  const nobody = chartDiff(circle, circle, { before: led, after: seats({}) });
  expect(nobody.wayUp).toEqual({ gained: [], lost: ["lead", "worker"] });
  expect(isUnchanged(nobody)).toBe(false);
  expect(isUnchanged(chartDiff(circle, circle, { before: led, after: seats({ entry: "worker", staffing: led.staffing }) }))).toBe(false); // prettier-ignore
});

test("F1 F4 a renamed role keeps who fills it, what it is granted, and its briefs", () => {
  const staffing = { by: "person" } as const;
  const boss = mode("boss", { name: "lead", up: ["user # what is unclear"], down: ["worker # the work"] });
  const before = seats({ staffing: { lead: staffing }, grants: { lead: ["command"] } });
  const after = seats({ entry: "boss", staffing: { boss: staffing }, grants: { boss: ["command"] } });
  const diff = chartDiff(chart(lead, worker), chart(boss, mode("worker", { up: ["boss # trouble"] })), { before, after }); // prettier-ignore
  expect([diff.roles.renamed.map(({ to }) => to), diff.roles.changed, diff.entry]).toEqual([["boss"], [], null]);
  expect(diff.people).toEqual({ gained: [], lost: [] });
});

test.each([40, 50, 80])(
  "with a width of %i columns every line fits, and all is said that is said without one",
  (width) => {
    const wide = { up: ["user # what is unclear and cannot be told from what there is"], down: ["worker # the work, whole"] }; // prettier-ignore
    const before = chart(mode("lead", wide), worker, mode("release-manager", { up: ["lead # trouble"] }));
    const after = chart(
      mode("lead", {
        ...wide,
        down: ["worker # the work, but only the part that was agreed upon", "technical-writer # words"],
      }),
      mode("worker", { up: ["lead # trouble"], groups: "read, edit, browser, command, mcp" }),
      mode("technical-writer", { up: ["worker # trouble of any kind that there is"] }),
    );
    const changed = { changed: ["graphs/feature-workflow.ts"], read: true };
    const diff = chartDiff(before, after, { before: led, after: seats({ entry: "worker" }) });
    const rows = renderChartDiff(diff, "main", { ...plain, width }, changed).split("\n");
    for (const row of rows) expect(columnsOf(row)).toBeLessThanOrEqual(width);
    expect(rows.join(" ").split(/\s+/)).toEqual(renderChartDiff(diff, "main", plain, changed).split(/\s+/));
  },
);
