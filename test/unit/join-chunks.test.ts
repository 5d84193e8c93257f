/** J1 to J4: what the build joins does what its pieces did, and nobody loads more for it. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Metafile } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { joinChunks, type Built } from "../../scripts/join-chunks.ts";

/** `late` and `later` are loaded by `import()`, and make two pieces of what would be one. */
const sources = {
  "src/base.ts": "export const order = ['base']; export class Thing { name = 'thing' }",
  "src/left.ts":
    "import { order, Thing } from './base.ts'; order.push('left'); export const value = 1; export const left = new Thing();",
  "src/right.ts": "import { order } from './base.ts'; order.push('right'); export const value = 2;",
  "src/late.ts":
    "import { left } from './left.ts'; import { Thing } from './base.ts'; export const same = left instanceof Thing;",
  "src/pair.ts": "export const pair = 'pair';",
  "src/more.ts": "export const more = 'more';",
  "src/later.ts":
    "import { pair } from './pair.ts'; import { value } from './right.ts'; export const later = [pair, value];",
  "src/heavy/index.ts": "import { order } from '../base.ts'; order.push('heavy'); export const heavy = 'heavy';",
  "src/all.ts":
    "import './left.ts'; export { value } from './right.ts'; export { order } from './base.ts'; export { heavy } from './heavy/index.ts';",
  "src/one.ts":
    "import { value } from './left.ts'; import { value as other, order, heavy } from './all.ts'; export const sum = value + other; export const seen = [...order, heavy]; export const late = () => import('./late.ts');",
  "src/two.ts":
    "import { value, heavy } from './all.ts'; import { left } from './left.ts'; import { pair } from './pair.ts'; import { more } from './more.ts'; export const two = [value, left.name, heavy, pair, more];",
  "src/three.ts":
    "import { value, heavy } from './all.ts'; import { pair } from './pair.ts'; import { more } from './more.ts'; export const three = [value, heavy, pair, more]; export const later = () => import('./later.ts');",
};
const starts = ["one", "two", "three"];

/** Pieces and joined, in a folder that is gone after the test. */
async function built(changed: Partial<typeof sources> = {}) {
  const root = mkdtempSync(join(tmpdir(), "cadre-join-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const put = (name: string, text: string): void => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  for (const [name, text] of Object.entries({ ...sources, ...changed })) put(name, text);
  put("package.json", '{ "type": "module" }');
  const options = {
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
    metafile: true,
  } as const;
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: Object.fromEntries(starts.map((name) => [name, `src/${name}.ts`])),
    outdir: join(root, "dist"),
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  });
  const pieces = new Map(outputFiles.map((file) => [relative(root, file.path), file.text]));
  const after = await joinChunks(
    { texts: pieces, metafile },
    { build: options, banner: "// none", starts: starts.map((name) => [`src/${name}.ts`]), heavy: /\/heavy\// },
  );
  for (const [name, text] of after.texts) put(name, text);
  return { root, before: { texts: pieces, metafile } satisfies Built, after };
}

type Outputs = Metafile["outputs"];

function loadedBy(outputs: Outputs, from: string, seen = new Set<string>()): Set<string> {
  if (seen.has(from)) return seen;
  seen.add(from);
  for (const { kind, path } of outputs[from]?.imports ?? [])
    if (kind === "import-statement") loadedBy(outputs, path, seen);
  return seen;
}

const inputsOf = (outputs: Outputs, names: Iterable<string>): string[] =>
  [...names].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {})).toSorted();

test("J1 a start loads the same modules from fewer files", async () => {
  const { before, after } = await built();
  const [ours, theirs] = [after.metafile.outputs, before.metafile.outputs];
  for (const start of starts) {
    const name = `dist/${start}.js`;
    expect(inputsOf(ours, loadedBy(ours, name))).toEqual(inputsOf(theirs, loadedBy(theirs, name)));
    expect(loadedBy(ours, name).size).toBeLessThan(loadedBy(theirs, name).size);
  }
});

test("J2 what reaches a heavy package is in no file with what does not", async () => {
  const { after, before } = await built();
  const reachesHeavy = (input: string): boolean => /heavy|one|two|three|all/.test(input);
  for (const { inputs } of Object.values(after.metafile.outputs))
    expect(new Set(Object.keys(inputs).map(reachesHeavy)).size).toBeLessThan(2);
  expect(inputsOf(after.metafile.outputs, Object.keys(after.metafile.outputs))).toEqual(
    inputsOf(before.metafile.outputs, Object.keys(before.metafile.outputs)),
  ); // each is in one file still
});

test("J3 no file imports itself by a detour", async () => {
  const { outputs } = (await built()).after.metafile;
  for (const name of Object.keys(outputs))
    for (const next of loadedBy(outputs, name))
      if (next !== name) expect([...loadedBy(outputs, next)]).not.toContain(name);
});

test("what is joined does what its pieces did, in one copy", async () => {
  const { root } = await built();
  const load = (name: string): Promise<Record<string, unknown>> =>
    import(pathToFileURL(join(root, "dist", `${name}.js`)).href);
  const one = await load("one");
  expect([one["sum"], one["seen"]]).toEqual([3, ["base", "left", "right", "heavy", "heavy"]]);
  expect(await (one["late"] as () => Promise<unknown>)()).toMatchObject({ same: true });
  expect((await load("two"))["two"]).toEqual([2, "thing", "heavy", "pair", "more"]);
  expect((await load("three"))["three"]).toEqual([2, "heavy", "pair", "more"]);
});

test("J4 no file has another text under the same name, and what cannot load a change keeps its name", async () => {
  const first = (await built()).after.texts;
  // `late` does not load it, but what it loads has come to lie in one file with it.
  for (const changed of [
    { "src/right.ts": sources["src/right.ts"].replace("2", "3") },
    { "src/pair.ts": "export const pair = 'two';" },
  ]) {
    const second = (await built(changed)).after.texts;
    const chunks = [...first.keys()].filter((name) => name.includes("chunks/"));
    const kept = chunks.filter((name) => second.has(name));
    expect(kept.map((name) => second.get(name))).toEqual(kept.map((name) => first.get(name)));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(chunks.length);
  }
});
