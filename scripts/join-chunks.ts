/**
 * Joins the pieces that esbuild leaves. It makes a file of each set of modules that the same entries need, which with a hundred `import()` are
 * hundreds, many of a few lines; and each file costs a start the reading of its source and of its compiled code, and its linking.
 *
 * J1. Pieces are one file where exactly the same of `starts` need them: none of these loads a line more than before.
 * J2. What reaches a heavy package through static imports is never in one file with what does not.
 * J3. No file imports itself by a detour: what a piece imports, at least the same starts need.
 * J4. A file's name has a hash of what it is and of all that it can load: nothing that has a name ever changes. A piece that is also loaded by
 *     `import()` stays, and hands on what the joined file holds.
 */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { build, type BuildOptions, type Metafile } from "esbuild";

/** Text by its name, as the metafile has it: from the root of the checkout. */
export type Built = { readonly texts: ReadonlyMap<string, string>; readonly metafile: Metafile };

export type JoinOptions = {
  readonly build: BuildOptions;
  /** Line that every piece begins with: it defines `require`. */
  readonly banner: string;
  /** Starts that are to be short: the sources of all entries that each of them loads. */
  readonly starts: readonly (readonly string[])[];
  /** Inputs that a light start must not reach. */
  readonly heavy: RegExp;
};

type Outputs = Metafile["outputs"];

/** A file and all that it imports, in the order in which they are evaluated. */
function closureOf(outputs: Outputs, from: string, begun = new Set<string>(), done = new Set<string>()): Set<string> {
  if (begun.has(from)) return done;
  begun.add(from);
  for (const next of staticImports(outputs, from)) closureOf(outputs, next, begun, done);
  return done.add(from);
}

function staticImports(outputs: Outputs, from: string): string[] {
  const imports = outputs[from]?.imports ?? [];
  return imports.filter(({ kind, external }) => kind === "import-statement" && !external).map(({ path }) => path);
}

/** J1, J2. Only what is imported by others: an entry that is not would be one more file to load. */
function groupsOf(outputs: Outputs, { starts, heavy }: JoinOptions): string[][] {
  const names = Object.keys(outputs);
  const entryOf = (source: string): string => {
    const entry = names.find((name) => outputs[name]?.entryPoint === source);
    if (entry === undefined) throw new Error(`${source} is no entry of the bundle`);
    return entry;
  };
  const needed = starts.map((sources) => {
    const [begun, done] = [new Set<string>(), new Set<string>()];
    for (const source of sources) closureOf(outputs, entryOf(source), begun, done);
    return done;
  });
  const isHeavy = (name: string): boolean =>
    [...closureOf(outputs, name)].some((each) =>
      Object.keys(outputs[each]?.inputs ?? {}).some((input) => heavy.test(input)),
    );
  const imported = new Set(names.flatMap((name) => staticImports(outputs, name)));
  const inOrder = new Set(needed.flatMap((set) => [...set]).filter((name) => imported.has(name)));
  const groups = Map.groupBy(
    inOrder,
    (name) => `${needed.map((set) => (set.has(name) ? "1" : "0")).join("")} ${isHeavy(name)}`,
  );
  return [...groups.values()].filter((group) => group.length > 1);
}

/** As esbuild writes one into a name. */
function hashOf(words: Iterable<string>): string {
  return createHash("sha256")
    .update([...words].join("\n"))
    .digest("hex")
    .slice(0, 8)
    .toUpperCase();
}

type Joined = {
  readonly name: string;
  readonly text: string;
  /** What a piece's export is called in the joined file. */
  readonly nameOf: (piece: string, exported: string) => string;
  readonly pieces: readonly string[];
};

async function join(group: readonly string[], { texts, metafile }: Built, options: JoinOptions): Promise<Joined> {
  const at = new Map(group.map((piece, index) => [piece, index]));
  const nameOf = (piece: string, exported: string): string => `p${at.get(piece)}_${exported}`;
  const entry = group.map((piece) => {
    const names = (metafile.outputs[piece]?.exports ?? []).map((name) => `${name} as ${nameOf(piece, name)}`);
    return `export { ${names.join(", ")} } from "${piece}";`;
  });
  const { outputFiles } = await build({
    ...options.build,
    stdin: { contents: entry.join("\n"), resolveDir: "/" },
    splitting: false,
    logLevel: "error", // what there is to warn of was said of the pieces
    banner: { js: options.banner },
    plugins: [
      {
        name: "pieces",
        setup: (esbuild) => {
          esbuild.onResolve({ filter: /./ }, ({ path, importer }) => {
            const piece = path.startsWith(".") ? posix.join(posix.dirname(importer), path) : path;
            return at.has(piece) ? { path: piece, namespace: "piece" } : { path, external: true };
          });
          esbuild.onLoad({ filter: /./, namespace: "piece" }, ({ path }) => ({
            contents: (texts.get(path) ?? "").replace(options.banner, ""),
            loader: "js",
          }));
        },
      },
    ],
  });
  const text = outputFiles?.[0]?.text ?? "";
  const hash = hashOf(group);
  return { name: `${posix.dirname(group[0] ?? "")}/part-${hash}.js`, text, nameOf, pieces: group };
}

/** As esbuild prints them, one after the other. */
const importStatement = /^import (?:\{\n([^}]*)\} from )?"(\.[^"]*)";\n/gm;

/** A text with its static imports pointed to where things are now, and what it imports of what. */
function pointed(name: string, text: string, outputs: Outputs, holder: ReadonlyMap<string, Joined>): string {
  const wanted = new Map<string, string[]>();
  const rest = text.replaceAll(importStatement, (whole, list: string | undefined, path: string) => {
    const target = posix.join(posix.dirname(name), path);
    if (outputs[target] === undefined) return whole; // part of a text
    const joined = holder.get(target);
    const file = joined?.name ?? target;
    const bindings = (list ?? "")
      .split(",\n")
      .map((each) => each.trim())
      .filter((each) => each !== "");
    const renamed = bindings.map((binding) => {
      const [exported = "", local = exported] = binding.split(" as ");
      const now = joined?.nameOf(target, exported) ?? exported;
      return now === local ? now : `${now} as ${local}`;
    });
    wanted.set(file, [...(wanted.get(file) ?? []), ...renamed]);
    return "";
  });
  const statements = [...wanted].map(([file, bindings]) => {
    const way = posix.relative(posix.dirname(name), file);
    const from = `"${way.startsWith(".") ? way : `./${way}`}";\n`;
    return bindings.length === 0 ? `import ${from}` : `import {\n  ${bindings.join(",\n  ")}\n} from ${from}`;
  });
  return statements.join("") + rest;
}

export async function joinChunks(built: Built, options: JoinOptions): Promise<Built> {
  const { outputs } = built.metafile;
  const joined = await Promise.all(groupsOf(outputs, options).map((group) => join(group, built, options)));
  const holder = new Map(joined.flatMap((file) => file.pieces.map((piece) => [piece, file] as const)));
  const nowAt = (name: string): string => holder.get(name)?.name ?? name;

  const texts = new Map<string, string>();
  const after: Outputs = {};
  const put = (name: string, text: string, of: readonly string[], output: Partial<Outputs[string]>): void => {
    const paths = new Map(
      of.flatMap((piece) => outputs[piece]?.imports ?? []).map((each) => [`${each.kind} ${nowAt(each.path)}`, each]),
    );
    texts.set(name, pointed(name, text, outputs, holder));
    const imports = [...paths.values()].map((each) =>
      each.kind === "import-statement" ? { ...each, path: nowAt(each.path) } : each,
    );
    after[name] = {
      bytes: Buffer.byteLength(texts.get(name) ?? ""),
      inputs: Object.assign({}, ...of.map((piece) => outputs[piece]?.inputs)),
      imports: imports.filter(({ path }) => path !== name),
      exports: [],
      ...output,
    };
  };
  for (const [name, output] of Object.entries(outputs)) {
    const file = holder.get(name);
    const text = built.texts.get(name) ?? "";
    if (file === undefined)
      put(name, text, [name], {
        exports: output.exports,
        ...(output.entryPoint === undefined ? {} : { entryPoint: output.entryPoint }),
      });
    else if (output.entryPoint !== undefined) {
      const names = output.exports.map((each) => `${file.nameOf(name, each)} as ${each}`);
      const way = posix.relative(posix.dirname(name), file.name);
      texts.set(name, `export {\n  ${names.join(",\n  ")}\n} from "./${way}";\n`);
      after[name] = {
        ...output,
        bytes: Buffer.byteLength(texts.get(name) ?? ""),
        inputs: {},
        imports: [{ path: file.name, kind: "import-statement" }],
      };
    }
  }
  for (const file of joined) put(file.name, file.text, file.pieces, {});
  return named({ texts, metafile: { ...built.metafile, outputs: after } });
}

/** The last part of the name of a file that nobody outside loads. */
const hashed = /[\w.-]+-[0-9A-Z]{8}\.js/g;

/** J4. */
function named({ texts, metafile }: Built): Built {
  const { outputs } = metafile;
  const alone = new Map([...texts].map(([name, text]) => [name, hashOf([text.replaceAll(hashed, "")])]));
  // With its own name, which is no other's: of two that do nothing but load the same, the texts are alike.
  const hash = (name: string): string =>
    hashOf([name, ...reached(outputs, name).map((each) => alone.get(each) ?? each)]);
  const renamed = new Map(
    [...texts.keys()]
      .filter((name) => posix.basename(name).replace(hashed, "") === "")
      .map((name) => [posix.basename(name), posix.basename(name).replace(/.{8}\.js$/, `${hash(name)}.js`)]),
  );
  const now = (text: string): string => text.replaceAll(hashed, (base) => renamed.get(base) ?? base);
  const after = Object.entries(outputs).map(([name, output]) => {
    const imports = output.imports.map((each) => ({ ...each, path: now(each.path) }));
    return [now(name), { ...output, imports }] as const;
  });
  return {
    texts: new Map([...texts].map(([name, text]) => [now(name), now(text)])),
    metafile: { ...metafile, outputs: Object.fromEntries(after) },
  };
}

/** A file and all that it can load, in order. */
function reached(outputs: Outputs, from: string): string[] {
  const seen = new Set([from]);
  for (const name of seen) for (const { path, external } of outputs[name]?.imports ?? []) if (!external) seen.add(path);
  return [...seen].toSorted();
}
