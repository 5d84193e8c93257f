/** What a workflow of another revision says of roles, told from its text: exactly what running it would tell, or nothing. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { rolesInText } from "../../src/org/workflow-literal.ts";
import { workflow } from "../../graphs/feature-workflow.ts";

const staffed = { entry: "lead", staffing: { lead: { by: "person", name: "linh" } }, grants: {} };

test("W1 the workflow that ships is told from its text as running it tells it", () => {
  const text = readFileSync(fileURLToPath(new URL("../../graphs/feature-workflow.ts", import.meta.url)), "utf8");
  const { entry, staffing, grants } = workflow;
  expect(rolesInText(text)).toEqual({ entry, staffing, grants });
  expect(rolesInText(text.replaceAll("\n", "\r\n"))).toEqual({ entry, staffing, grants });
});

test.each([
  `export const workflow = { name: "w", entry: "lead", staffing: { lead: { by: "person", name: "linh" } } };`,
  `export const workflow: WorkflowInput = { name: 'w', entry: 'lead', staffing: { "lead": { by: \`person\`, name: "linh", }, }, } as const satisfies X`,
  `import { model, person } from "cadre"; /* = { */ export const workflow = { name: "w", // }\n entry: "lead", staffing: { lead: person("linh") }, limits: { steps: 2 * 1_000 } };`, // prettier-ignore
  `export const workflow = { name: "w", entry: "lead", staffing: { lead: { by: "person", name: "linh" } } };\n/** What follows. */ export const other = /["'\`]/;`,
])("W1 a plain literal is told: %s", (text) => {
  expect(rolesInText(text)).toEqual(staffed);
});

test.each([
  `export const workflow = { name: "w", entry: "lead", ...base };`,
  `export const workflow = { name: "w", entry };`,
  `export const workflow = { name: "w", ["entry"]: "lead" };`,
  `export const workflow = { name: "w", entry: pick("lead") };`,
  `export const workflow = { name: "w", entry: "lead" + suffix };`,
  `export const workflow = { name: "w", entry: \`lead\${n}\` };`,
  `export const workflow = { name: "w", entry: "le\\u0061d" };`,
  `export const workflow = { name: "w", entry: "lead", __proto__: { staffing: {} } };`,
  `export const workflow = { name: "w", entry: "lead", get staffing() { return {}; } };`,
  `export const workflow = { name: "w", entry: "lead", staffing: { lead: person("linh") } };`,
  `import { model as person } from "cadre"; export const workflow = { name: "w", entry: "lead", staffing: { lead: person("linh") } };`,
  `export const workflow = { name: "w", entry: "lead" }; workflow.entry = "other";`,
  `export const workflow = { name: "w", entry: "lead" }; Object.assign(workflow, { entry: "other" });`,
  `export const workflow = { name: "w", entry: "lead" }.other;`,
  `export const workflow = Object.freeze({ name: "w", entry: "lead" });`,
  `const s = "export const workflow = "; export { w as workflow };`,
  `const r = /"/; export const workflow = { name: "w", entry: "lead" };`,
  `// export const workflow = { name: "w", entry: "lead" };`,
  `export const workflow = { name: "w" };`,
  "",
])("W1 what is not plain is not guessed: %s", (text) => {
  expect(rolesInText(text)).toBe(null);
});

test("W1 whatever the text, reading it ends, and runs nothing", () => {
  const parts = fc.constantFrom("export const workflow = ", "{", "}", "[", "]", ",", ":", '"', "'", "`", "/*", "*/", "//", "\\", "entry", '"a"', "1", "*", "person(", ")", "\n", "…", "\ud800"); // prettier-ignore
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 40 }), (made) => {
      const read = rolesInText(made.join(""));
      expect(read === null || typeof read.entry === "string").toBe(true);
    }),
    { numRuns: 3000 },
  );
});
