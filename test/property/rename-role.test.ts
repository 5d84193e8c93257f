/** A role renamed in any chart: no new problem, nothing else changed, and back again to the byte. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { writeRename } from "../../src/cli/rename/files.ts";
import { planRename } from "../../src/cli/rename/role.ts";
import { renameInWorkflow } from "../../src/cli/rename/workflow.ts";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import { compile } from "../../src/org/compile.ts";

const slugs = ["lead", "api-worker", "api", "worker", "docs-lead"] as const;
const slug = fc.constantFrom(...slugs);
const lineEnd = fc.constantFrom("\n", "\r\n");
const route = fc.record({
  to: slug,
  how: fc.nat({ max: 4 }),
  purpose: fc.constantFrom("for trouble", "what the lead asks", "api: calls"),
});

function written({ to, how, purpose }: { to: string; how: number; purpose: string }): string {
  return [`  - ${to} # ${purpose}`, `  - "${to}"   # ${purpose}`, `  - '${to}'`, `  - {to: ${to}, when: "${purpose}"}`, `  - to: ${to}\n    when: "${purpose}"`][how] ?? ""; // prettier-ignore
}

const role = fc.record({
  down: fc.array(route, { maxLength: 3 }),
  up: fc.array(route, { maxLength: 2 }),
  body: fc.array(fc.constantFrom("Ask `lead` or `api`.", "The lead leads; api-worker works.", "- `worker`: helps", "```\n`lead`\n```", "See modes/context/api/index.md and `modes/context/lead/`."), { maxLength: 4 }), // prettier-ignore
  listed: fc.option(slug, { nil: null }),
});

function textOf(
  name: string,
  { down, up, body, listed }: typeof role extends fc.Arbitrary<infer Role> ? Role : never,
  end: string,
): string {
  const list = (key: string, routes: readonly { to: string; how: number; purpose: string }[]): string[] =>
    routes.length === 0 ? [] : [`${key}: # ${key}`, ...routes.map(written)];
  const lines = ["---", `slug: ${name}   # the slug`, `name: The ${name}`, "level: 020-lead", ...list("delegates_to", down), ...list("escalates_to", up), "---", "", `# ${name}`, ...body, ...(listed === null ? [] : ["## Metadata", "**Reports To:**", `- ${listed}: results`, `- \`${listed}\` (more)`])]; // prettier-ignore
  return `${lines.join("\n")}\n`.replaceAll("\n", end);
}

function read(dir: string): Readonly<Record<string, string>> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ parentPath, name }) => [join(parentPath, name).slice(dir.length), readFileSync(join(parentPath, name), "utf8")])); // prettier-ignore
}

const problemsIn = async (dir: string): Promise<string[]> => {
  const { modes, problems } = await loadProjectModes(dir);
  return [...problems, ...compile(modes).problems].map(({ code }) => code).toSorted();
};

test("renamed and renamed back, every file is what it was; in between no problem is new, and no route is lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(role, role, role, role, role), slug, lineEnd, async (roles, from, end) => {
      const dir = mkdtempSync(join(tmpdir(), "cadre-mv-"));
      try {
        const files: Record<string, string> = {
          ...Object.fromEntries(
            roles.map((each, at) => [`modes/${slugs[at] ?? ""}.md`, textOf(slugs[at] ?? "", each, end)]),
          ),
          [`modes/context/${from}/index.md`]: "Knowledge\n",
          "modes/rules/pack.md": `---\ntitle: Pack\n---\n\nAsk \`${from}\`, the ${from}.\n`,
          "briefs/b.md": `---\nto: ${from} # whoever\n---\n\n# A brief for ${from}\n`,
          "cadre.yaml": `map:\n  default: small # all\n  roles: {"${from}": local, other: small}\n`,
          "graphs/w.ts": `export const workflow = { name: "${from}", entry: "${from}", staffing: { "${from}": { by: "person", name: "${from}" } }, rules: [{ pack: "pack", roles: ["${from}"] }] };\n`,
        };
        for (const [path, text] of Object.entries(files)) {
          mkdirSync(dirname(join(dir, path)), { recursive: true });
          writeFileSync(join(dir, path), text);
        }
        const before = read(dir);
        const had = await problemsIn(dir);
        writeRename(dir, await planRename(dir, { from, to: "zz-new" }));
        expect(await problemsIn(dir)).toEqual(had);
        const between = read(dir);
        expect(between["/briefs/b.md"]).toContain("to: zz-new # whoever");
        expect(between["/cadre.yaml"]).toContain(`roles: {"zz-new": local, other: small}`);
        expect(between["/graphs/w.ts"]).toContain(`name: "${from}", entry: "zz-new", staffing: { "zz-new": { by: "person", name: "${from}" } }`); // prettier-ignore
        expect(between["/modes/context/zz-new/index.md"]).toBe("Knowledge\n");
        writeRename(dir, await planRename(dir, { from: "zz-new", to: from }));
        expect(read(dir)).toEqual(before);
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    }),
    { numRuns: 20 },
  );
}, 60_000);

test("in a workflow only what names a role is changed; the same word elsewhere is named by its line", () => {
  const text = `// the lead decides
export const workflow = {
  name: "lead", entry: 'lead',
  staffing: { lead: { by: "person", name: "lead" } },
  grants: { "lead": ["read"] },
  approvals: [{ tool: "x", roles: ["lead", "leader"], by: ["lead"], reason: "lead" }],
  verify: { by: "lead", command: ["lead"] },
  signOff: { by: ["lead"], quorum: 1 },
} satisfies WorkflowInput;
`;
  const { text: made, edits, byHand } = renameInWorkflow(text, { from: "lead", to: "tech-lead" });
  expect(made).toContain(`name: "lead", entry: 'tech-lead'`);
  expect(made).toContain(`staffing: { "tech-lead": { by: "person", name: "lead" } }`);
  expect(made).toContain(`roles: ["tech-lead", "leader"], by: ["tech-lead"], reason: "lead"`);
  expect(made).toContain(`verify: { by: "tech-lead", command: ["lead"] }`);
  expect(made).toContain(`signOff: { by: ["tech-lead"], quorum: 1 }`);
  expect(edits).toBe(7);
  expect(byHand.map(({ line }) => line)).toEqual([1, 3, 4, 6, 7]);
});
