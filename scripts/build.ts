/**
 * Builds `dist/` (journal/decisions/0002): one esbuild run with code splitting for the CLI, the public API, the test kit and
 * the shipped workflows, so that a process holds one copy of every class; then declarations by tsc.
 *
 * B1. A light verb never reaches LangGraph through static imports: whatever is heavy sits behind `import()`.
 * B2. Files appear by rename and chunks carry their content's hash: a process that runs from `dist` survives a rebuild beside it.
 * B3. A module that starts itself as a thread is a file of its own.
 * B4. What is bundled brings its licence along: `dist/THIRD-PARTY-LICENSES.txt`.
 * B5. What starts load is joined into few files (`join-chunks.ts`).
 * B6. The page is one script and one style sheet, named by their content and compressed here; it must stay small (`webBudget`).
 *
 * `node scripts/build.ts` builds everything; `--js` leaves the declarations out and keeps older chunks (what the tests do).
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { chmodSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type BuildOptions, type Metafile, type OutputFile, type Plugin } from "esbuild";
import { joinChunks } from "./join-chunks.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** Bundled CommonJS packages call `require` for what Node has built in; ESM has none. */
const requireForBundled =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "esm",
  write: false,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
} satisfies BuildOptions;

/** The guard loads the program as a file of its own, under the name that it has in `dist`. */
const programStaysApart: Plugin = {
  name: "program-stays-apart",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^\.\/program\.ts$/ }, () => ({ path: "./program.js", external: true }));
  },
};

/**
 * What bundled packages bring and nothing here may reach: it would only make every start slower.
 *
 * - zod's error texts in fifty languages, of which English alone is ever set.
 * - js-yaml, the engine of gray-matter, all of whose engines are replaced (`src/documents/front-matter.ts`).
 * - LangChain's table of classes that a stored record may name and be revived as: our savers revive nothing, and it holds
 *   prompts, vector stores and test matchers in the bundle.
 * - zod's third version, which LangChain asks for to read schemas that somebody may have made with it. Nobody here has.
 * - LangSmith's client: a variable in the environment must not be enough to send briefs and events to somebody's server.
 * - SHA-1 and random bytes in JavaScript, of which LangGraph makes its tasks' ids: Node has both, and the global `crypto` loads all of Web Crypto.
 */
const withoutDeadWeight: Plugin = {
  name: "without-dead-weight",
  setup: (esbuild) => {
    for (const [filter, contents] of [
      [/[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/, 'export { default as en } from "./en.js";'],
      [
        /[/\\]js-yaml[/\\]index\.js$/,
        'const gone = () => { throw new Error("not in this bundle"); }; module.exports = { safeLoad: gone, safeDump: gone };',
      ],
      [/[/\\]@langchain[/\\]core[/\\]dist[/\\]load[/\\]import_map\.js$/, "export const import_map_exports = {};"],
      [
        /[/\\]langsmith[/\\]index\.mjs$/,
        'export { Client } from "./lib/client.mjs"; export { RunTree } from "./lib/run_trees.mjs";',
      ],
      [/[/\\]langsmith[/\\]lib[/\\]client\.mjs$/, "export class Client { async createRun() {} async updateRun() {} }"],
      [
        /[/\\](langsmith|@langchain)[/\\].*[/\\]uuid[/\\](src[/\\])?sha1\.m?js$/,
        'import { createHash } from "node:crypto"; export default (bytes) => new Uint8Array(createHash("sha1").update(bytes).digest());',
      ],
      [
        /[/\\](langsmith|@langchain)[/\\].*[/\\]uuid[/\\](src[/\\])?rng\.m?js$/,
        'import { randomFillSync } from "node:crypto"; const bytes = new Uint8Array(16); export default () => randomFillSync(bytes);',
      ],
    ] as const) {
      esbuild.onLoad({ filter }, () => ({ contents }));
    }
    esbuild.onResolve({ filter: /^zod\/v3$/ }, ({ importer }) =>
      /[/\\]@langchain[/\\]/.test(importer) ? { path: "zod/v3", namespace: "unused" } : undefined,
    );
    // The two that LangGraph calls when it is loaded, for a state that is not ours.
    esbuild.onLoad({ filter: /./, namespace: "unused" }, () => ({
      contents:
        "export const z = { object: (shape) => ({ shape }), custom: () => ({}) }; export const ZodFirstPartyTypeKind = {};",
    }));
  },
};

/**
 * Node's own modules that cost ms when they are imported and nothing when they are required: an import reads every export once, `process.stdin`,
 * `fs.promises` and `crypto.subtle` among them, and each of those loads what stands behind it: with `node:fs` come 34 modules more, with `node:util` 12.
 * Required, only what is used is read: each name is an export of its own, and the bundler leaves out those that nobody imports: an `import()`, which
 * would need them all, stays one. (It must not
 * treat them as CommonJS: to copy an object's properties it looks at each, and for `util` a look is enough to load what stands behind.)
 * `child_process`, of which functions alone are used, is required when one of them is called: 19 modules come with it.
 */
const withoutFacades: Plugin = {
  name: "without-facades",
  setup: (esbuild) => {
    const costly = /^(node:)?(process|crypto|fs|util|child_process|net|zlib|async_hooks)$/;
    // Whoever prompts takes `process.stdin` when it is loaded; as one of the names that all share, it would be opened by everybody.
    const prompts = /[/\\]@clack[/\\]/;
    esbuild.onResolve({ filter: costly }, ({ path, kind, importer }) =>
      kind !== "import-statement" || (path.endsWith(":process") && prompts.test(importer))
        ? { path, external: true }
        : { path, namespace: "required" },
    );
    esbuild.onLoad({ filter: /./, namespace: "required" }, ({ path }) => {
      const names = Object.keys(createRequire(import.meta.url)(path) as object).filter((name) => /^\w+$/.test(name));
      const picked = names.map((name) => `export const ${name} = /* @__PURE__ */ of("${name}");`);
      const ways = path.endsWith("child_process")
        ? [
            `const all = new Proxy({}, { get: (_, name) => require("${path}")[name] });`,
            "const of = (name) => new Proxy(() => {}, { get: (_, key) => all[name][key], apply: (_, self, given) => all[name](...given) });",
          ]
        : [`const all = require("${path}");`, "const of = (name) => all[name];"];
      return { contents: [...ways, "export default all;", ...picked].join("\n") };
    });
  },
};

/**
 * better-sqlite3's JavaScript is fifteen small files, and as one piece of the bundle it is there 4 ms sooner. What finds and loads the native code stays
 * where it was installed, and so does its class of errors: native code throws the one that it was given first, whoever else uses it in this process.
 */
const withNativeCodeApart: Plugin = {
  name: "with-native-code-apart",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^better-sqlite3$/ }, ({ kind }) =>
      kind === "require-resolve" ? { external: true } : undefined,
    );
    esbuild.onResolve({ filter: /^\.\/(binding|sqlite-error)$/ }, ({ path, importer }) =>
      /[/\\]better-sqlite3[/\\]/.test(importer) ? { path: path.slice(2), namespace: "installed" } : undefined,
    );
    esbuild.onLoad({ filter: /./, namespace: "installed" }, ({ path }) => ({
      contents: `module.exports = require(require.resolve("better-sqlite3").replace(/index\\.js$/, "${path}.js"));`,
    }));
  },
};

/** Modules that start themselves as threads, by `import.meta.url`; reached by `import()` alone, so that they stay apart. */
const threads = ["src/tools/search/search-thread.ts", "src/layout/layout-thread.ts"];

/** Entry points: name in `dist` without extension, to source. */
function entryPoints(): Record<string, string> {
  const graphs = globSync("graphs/*.ts", { cwd: root }).map((file) => [file.replace(/\.ts$/, ""), file] as const);
  return {
    index: "src/index.ts",
    testing: "src/testing.ts",
    "cli/program": "src/cli/program.ts",
    ...Object.fromEntries(graphs),
  };
}

const program = "cli/program";
const reading = [program, "store/open-reader"];
/** What is typed all day, and what a person who answers waits for: the entries in `src` that each of them loads until it shows something. */
const starts: readonly (readonly string[])[] = [
  [program],
  ["index"],
  [program, "cli/commands/lint"],
  [program, "cli/commands/graph"],
  [program, "cli/commands/who"],
  [...reading, "cli/commands/inbox"],
  [...reading, "cli/commands/runs"],
  [...reading, "cli/commands/show"],
  [...reading, "cli/commands/trace"],
  [
    program,
    "cli/commands/answer",
    "cadre/cadre",
    "engine/engine",
    "engine/guard",
    "notices/teller",
    "run/decide-ask",
    "store/journal-files",
    "views/journal/anchor",
  ],
];
const heavy = /node_modules\/(@langchain|langsmith|@huggingface|@modelcontextprotocol)\//;

type File = Pick<OutputFile, "path" | "contents">;

async function bundle(): Promise<{ files: File[]; metafile: Metafile }> {
  const main = await build({
    ...shared,
    entryPoints: entryPoints(),
    outdir: dist,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    target: "node22.18",
    // llama.cpp is there only where somebody installed it. Everything else can be bundled but native code, and loads several times
    // faster than from node_modules.
    external: ["node-llama-cpp"],
    alias: { cadre: "./src/index.ts" },
    banner: { js: requireForBundled },
    plugins: [withoutDeadWeight, withoutFacades, withNativeCodeApart],
  });
  // Classes for other people's LangChain programs must extend their copies of @langchain packages, not ours.
  const forLangChain = await build({
    ...shared,
    entryPoints: {
      "chat-hugging-face": "src/models/chat-hugging-face.ts",
      "checkpoint-sqlite": "src/checkpoint-sqlite/saver.ts",
    },
    outdir: dist,
    target: "node22.18",
    external: ["@langchain/core", "@langchain/langgraph-checkpoint", "@huggingface/inference", "better-sqlite3", "zod"],
  });
  // The guard must be readable by the very Nodes that it turns away.
  const guard = await build({
    ...shared,
    entryPoints: { "cli/main": "src/cli/main.ts" },
    outdir: dist,
    target: "node16",
    plugins: [programStaysApart],
  });
  const sources = starts.map((entries) => entries.map((entry) => `src/${entry}.ts`));
  const pieces = new Map(main.outputFiles.map((file) => [relative(root, file.path), file.text]));
  const { texts, metafile } = await joinChunks(
    { texts: pieces, metafile: main.metafile },
    { build: { ...shared, target: "node22.18" }, banner: requireForBundled, starts: sources, heavy },
  );
  const own = [...texts].map(([name, text]) => ({ path: join(root, name), contents: Buffer.from(text) }));
  return { files: [...own, ...forLangChain.outputFiles, ...guard.outputFiles], metafile };
}

/** Of the page's script, compressed with gzip, in bytes (B6). */
const webBudget = 180 * 1024;

/** The control room: what a browser loads. The script stands in an exported file too, so it is one, and starts by itself. */
async function bundleWeb(): Promise<{ files: ReadonlyMap<string, Uint8Array>; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    ...shared,
    platform: "browser",
    format: "iife",
    entryPoints: { app: "src/web/main.tsx", live: "src/web/data/live-worker.ts", icon: "src/web/icon.svg" },
    entryNames: "[name]-[hash]",
    loader: { ".svg": "copy" },
    outdir: join(dist, "web"),
    target: ["chrome123", "firefox121", "safari17.5"],
    minify: true,
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    tsconfigRaw: {},
  });
  const files = new Map(outputFiles.map((file) => [relative(join(dist, "web"), file.path), file.contents]));
  const named = (start: string, end: string): string => {
    const name = [...files.keys()].find((file) => file.startsWith(start) && file.endsWith(end));
    if (name === undefined) throw new Error(`the page has no ${start}*${end}`);
    return name;
  };
  const manifest = {
    script: named("app-", ".js"),
    style: named("app-", ".css"),
    worker: named("live-", ".js"),
    icon: named("icon-", ".svg"),
  };
  // Compressed alone: every browser takes it so, and who does not gets it unpacked by the server.
  const packed = new Map<string, Uint8Array>(
    [...files].map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes, { level: 9 })]),
  );
  const size = packed.get(`${manifest.script}.gz`)?.length ?? 0;
  if (size > webBudget) throw new Error(`the page's script is ${size} bytes with gzip, and may be ${webBudget}`);
  packed.set("manifest.json", Buffer.from(JSON.stringify(manifest, null, 2)));
  return { files: packed, metafile };
}

function put(path: string, contents: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.tmp`;
  writeFileSync(fresh, contents);
  renameSync(fresh, path);
}

/** B3: a thread must not run the code of whoever started it. */
function checkThreads(metafile: Metafile): void {
  for (const source of threads) {
    const holder = Object.entries(metafile.outputs).find(([, output]) => output.inputs[source]);
    if (holder && holder[1].entryPoint === source) continue;
    throw new Error(`${source} is ${holder ? `inside ${holder[0]}` : "nowhere"}: it must be a file of its own`);
  }
}

function isChunk(file: File): boolean {
  return file.path.startsWith(join(dist, "chunks"));
}

/** `node_modules/@scope/name` of a bundled file; undefined for our own. */
function packageFolder(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function licences(metafiles: readonly Metafile[]): string {
  const used = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap((output) => Object.keys(output.inputs));
  const folders = [...new Set(used.map(packageFolder).filter((folder) => folder !== undefined))].toSorted();
  return folders
    .map((folder) => {
      const about = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Record<string, string>;
      const file = readdirSync(join(root, folder)).find((name) => /^(licen[cs]e|copying)/i.test(name));
      const text =
        file === undefined ? "(the package holds no licence text)" : readFileSync(join(root, folder, file), "utf8");
      return `${about["name"]} ${about["version"]} (${about["license"]})\n\n${text.trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

function removeStaleWeb(kept: ReadonlySet<string>): void {
  for (const file of globSync("*", { cwd: join(dist, "web") })) if (!kept.has(file)) rmSync(join(dist, "web", file));
}

function removeStale(kept: readonly string[]): void {
  const keep = new Set(kept.map((file) => relative(dist, file)));
  for (const file of globSync("{*.js,cli/*.js,chunks/*.js,graphs/*.js}", { cwd: dist })) {
    if (!keep.has(file)) rmSync(join(dist, file), { force: true });
  }
}

/** tsc writes declarations in spite of type errors; finding those is the business of `npm run check`, not of an install. */
function declarations(): void {
  rmSync(join(dist, "types"), { recursive: true, force: true });
  const { status, error } = spawnSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root });
  if (error) throw error;
  if (status !== 0) console.error("note: the sources have type errors; npm run check shows them");
}

async function main(scriptsOnly: boolean): Promise<void> {
  const [{ files, metafile }, web] = await Promise.all([bundle(), bundleWeb()]);
  checkThreads(metafile);
  // Chunks first: an entry must never name a chunk that is not there yet.
  const chunksFirst = files.toSorted((a, b) => Number(isChunk(b)) - Number(isChunk(a)));
  for (const file of chunksFirst) put(file.path, file.contents);
  chmodSync(join(dist, "cli/main.js"), 0o755);
  put(join(dist, "THIRD-PARTY-LICENSES.txt"), licences([metafile, web.metafile]));
  // The manifest last: it names the others.
  for (const [name, bytes] of web.files) put(join(dist, "web", name), bytes);
  // Read by the tests: what is in which file, and how fresh it is. Not packed.
  put(join(dist, "meta.json"), JSON.stringify(metafile));
  if (scriptsOnly) return;
  removeStale(files.map((file) => file.path));
  removeStaleWeb(new Set(web.files.keys()));
  declarations();
}

try {
  await main(process.argv.includes("--js"));
} catch (error) {
  // esbuild has printed its errors, each with its place.
  const printed = error instanceof Error && "errors" in error;
  console.error(printed ? "build failed" : error);
  process.exitCode = 1;
}
