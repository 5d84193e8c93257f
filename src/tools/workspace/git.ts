/**
 * What a git repository holds at HEAD, read without touching it (journal/decisions/0001).
 *
 * G1. Git is only asked, never told: no index, no lock, no hook, no filter, no fetch. Nothing under `.git` is written.
 * G2. Arguments are an array, the environment an allow-list: no shell, no inherited `GIT_*`, no secrets (R8).
 */
import { execFile } from "node:child_process";
import { CadreError } from "../../errors.ts";

export type TreeEntry = {
  /** Relative to the project. */
  readonly path: string;
  readonly kind: "file" | "symlink" | "submodule";
  readonly executable: boolean;
  readonly oid: string;
  /** Bytes; 0 for a submodule. */
  readonly size: number;
};

export type GitState = {
  readonly head: string;
  readonly entries: readonly TreeEntry[];
  /** Paths under the project that differ from HEAD or are untracked and not ignored; sorted. */
  readonly uncommitted: readonly string[];
};

type Ran =
  | { readonly ok: true; readonly stdout: Buffer }
  | { readonly ok: false; readonly reason: string; readonly absent: boolean };

const quiet = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"];
const kept = ["PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR"];

function runGit(project: string, args: readonly string[], input?: string, literal = false): Promise<Ran> {
  const inherited = kept.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  const env = {
    ...Object.fromEntries(inherited),
    LC_ALL: "C",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    ...(literal ? { GIT_LITERAL_PATHSPECS: "1" } : {}),
  };
  return new Promise((resolve) => {
    const child = execFile(
      "git",
      [...quiet, ...args],
      { cwd: project, env, encoding: "buffer", maxBuffer: 2 ** 30, timeout: 120_000 },
      (error, stdout, stderr) => {
        if (!error) return resolve({ ok: true, stdout });
        const said = stderr.toString("utf8").trim().split("\n")[0] ?? "";
        resolve({ ok: false, reason: said === "" ? error.message : said, absent: error.code === "ENOENT" });
      },
    );
    // A git that ends early closes its end: its exit says why, the broken pipe does not.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input ?? "");
  });
}

async function mustRun(project: string, args: readonly string[], input?: string, literal = false): Promise<Buffer> {
  const ran = await runGit(project, args, input, literal);
  if (ran.ok) return ran.stdout;
  throw new CadreError("workspace-refused", `git cannot read ${project}: ${ran.reason}.`, {
    hint: "Run `git status` there and mend what it says.",
    data: { project },
  });
}

/**
 * `exclude`: folders relative to the project in which git does not look for uncommitted files.
 *
 * Null where the folder is in no repository, or in one without a commit that holds it, or where there is no git. Throws `workspace-refused`.
 */
export async function readGitState(project: string, exclude: readonly string[]): Promise<GitState | null> {
  const where = await runGit(project, ["rev-parse", "--show-prefix"]);
  if (!where.ok) {
    if (where.absent || /not a git repository/i.test(where.reason)) return null;
    throw new CadreError("workspace-refused", `git refuses to read ${project}: ${where.reason}.`, {
      hint: "Run `git status` there and mend what it says.",
      data: { project },
    });
  }
  const prefix = where.stdout.toString("utf8").replace(/\n$/, "");
  const commit = await runGit(project, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  if (!commit.ok) return null;
  const head = commit.stdout.toString("utf8").trim();
  const place = prefix === "" ? [] : ["--", prefix];
  const listed = await mustRun(project, ["ls-tree", "-r", "-z", "-l", "--full-tree", head, ...place], undefined, true);
  const entries = records(listed).map((record) => treeEntry(record, prefix));
  if (entries.length === 0) return null;
  return { head, entries, uncommitted: await uncommittedPaths(project, prefix, exclude) };
}

function records(bytes: Buffer): string[] {
  return bytes
    .toString("utf8")
    .split("\0")
    .filter((record) => record !== "");
}

/** `<mode> <type> <oid> <size>\t<path>`. */
function treeEntry(record: string, prefix: string): TreeEntry {
  const tab = record.indexOf("\t");
  const [mode = "", type = "", oid = "", size = "0"] = record.slice(0, tab).split(/ +/);
  const kind = type === "commit" ? "submodule" : mode === "120000" ? "symlink" : "file";
  return {
    path: record.slice(tab + 1 + prefix.length),
    kind,
    executable: mode === "100755",
    oid,
    size: kind === "submodule" ? 0 : Number(size),
  };
}

async function uncommittedPaths(project: string, prefix: string, exclude: readonly string[]): Promise<string[]> {
  const status = await mustRun(project, [
    "status",
    "--porcelain=v1",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--",
    ".",
    ...exclude.map((folder) => `:(exclude,literal)${folder}`),
  ]);
  // Two letters and a blank come before each path, which is relative to the top of the repository.
  return records(status)
    .map((record) => record.slice(3))
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length))
    .toSorted();
}

const batchBytes = 64 * 1024 * 1024;

/** The content of blobs exactly as committed, in the order asked for, in bounded batches. */
export async function* readBlobs(
  project: string,
  entries: readonly TreeEntry[],
): AsyncGenerator<{ entry: TreeEntry; bytes: Buffer }> {
  let start = 0;
  while (start < entries.length) {
    let end = start;
    let size = 0;
    while (end < entries.length && (end === start || size + (entries[end] as TreeEntry).size <= batchBytes)) {
      size += (entries[end] as TreeEntry).size;
      end += 1;
    }
    const batch = entries.slice(start, end);
    const output = await mustRun(project, ["cat-file", "--batch"], batch.map((entry) => `${entry.oid}\n`).join(""));
    yield* blobsIn(project, output, batch);
    start = end;
  }
}

/** `<oid> blob <size>\n<content>\n` for each. */
function* blobsIn(
  project: string,
  output: Buffer,
  batch: readonly TreeEntry[],
): Generator<{ entry: TreeEntry; bytes: Buffer }> {
  let at = 0;
  for (const entry of batch) {
    const lineEnd = output.indexOf(10, at);
    const [oid, type, size] = output.toString("utf8", at, lineEnd).split(" ");
    if (oid !== entry.oid || type !== "blob") {
      throw new CadreError("workspace-refused", `git has no content for ${entry.path} at HEAD.`, {
        hint: "The clone is not complete: run `git fsck`, or `git fetch` in a partial clone.",
        data: { project, path: entry.path },
      });
    }
    const start = lineEnd + 1;
    at = start + Number(size) + 1;
    yield { entry, bytes: output.subarray(start, at - 1) };
  }
}

/** What a commit holds under a folder of the project: blobs exactly as committed. */
export type CommittedFolder = {
  /** The commit that the revision stands for. */
  readonly commit: string;
  readonly files: AsyncGenerator<{ entry: TreeEntry; bytes: Buffer }>;
};

/** Errors: usage (no repository, or no such revision), workspace-refused. */
export async function readCommitted(project: string, revision: string, folder: string): Promise<CommittedFolder> {
  const where = await runGit(project, ["rev-parse", "--show-prefix"]);
  if (!where.ok)
    throw new CadreError("usage", `${project} is in no git repository that can be read: ${where.reason}`, {
      hint: "A revision is looked up in the repository that holds the project.",
    });
  const prefix = where.stdout.toString("utf8").replace(/\n$/, "");
  // `--end-of-options`: a revision that begins with a dash is a name and no option.
  const found = await runGit(project, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`]);
  if (!found.ok)
    throw new CadreError("usage", `git knows no revision ${JSON.stringify(revision)} here`, {
      hint: "For example main, HEAD~1, a tag or a hash. A shallow clone may have to fetch it first.",
    });
  const commit = found.stdout.toString("utf8").trim();
  const place = ["--", `${prefix}${folder}/`];
  const listed = await mustRun(
    project,
    ["ls-tree", "-r", "-z", "-l", "--full-tree", commit, ...place],
    undefined,
    true,
  );
  const entries = records(listed).map((record) => treeEntry(record, prefix));
  return {
    commit,
    files: readBlobs(
      project,
      entries.filter(({ kind }) => kind === "file"),
    ),
  };
}
