/**
 * Paths as roles write them: relative to the workspace, with forward slashes. Pure; what a path leads to on disk is `safe-files.ts`.
 *
 * P1. A parsed path has no empty, `.` or `..` component, no NUL and no backslash, and is never absolute.
 * P2. Names that differ only in case, width, invisible characters or trailing dots from a protected one are protected too:
 *     on some file systems they are the same file.
 */

/** Written first, renamed into place after; never listed, read or counted as a change. */
export const temporaryPrefix = ".cadre-tmp-";

/** Which models were used, at which commit; written by the tools that use them. */
export const modelsLock = "models.lock.json";

export type ParsedPath =
  | { readonly ok: true; /** `""` is the workspace itself. */ readonly path: string; readonly parts: readonly string[] }
  | { readonly ok: false; readonly reason: string };

const refused = (reason: string): ParsedPath => ({ ok: false, reason });

/** Parses a path that a model wrote. `reason` says what is wrong with it and what to write instead. */
export function parsePath(text: string): ParsedPath {
  const shape = shapeProblem(text);
  if (shape) return refused(shape);
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (/^[a-zA-Z]:/.test(parts[0] ?? ""))
    return refused("it starts with a drive letter; write it relative to the workspace");
  for (const part of parts) {
    if (part === "..") return refused("it climbs with `..`; paths start at the workspace and stay in it");
    if (Buffer.byteLength(part) > 255) return refused("a name in it is longer than 255 bytes");
    if (part.startsWith(temporaryPrefix)) return refused(`names that start with ${temporaryPrefix} are cadre's own`);
  }
  return { ok: true, path: parts.join("/"), parts };
}

function shapeProblem(text: string): string | null {
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  if (/[\u0000-\u001f\u007f]/.test(text)) return "it holds a control character";
  if (!text.isWellFormed()) return "it is not valid Unicode";
  if (text.startsWith("/")) return "it is absolute; write it relative to the workspace, e.g. `src/a.ts`";
  if (text.includes("\\")) return "it holds a backslash; separate folders with `/`";
  if (Buffer.byteLength(text) > 1024) return "it is longer than 1,024 bytes";
  return null;
}

/** What more a path must keep to be written: its name must look like what it is, on every system. Null: nothing wrong. */
export function writeProblem(path: string): string | null {
  if (path === "") return "it names the workspace itself, not a file in it";
  const guard = protectedBy(path);
  if (guard !== null) return `\`${guard}\` is protected: roles can read it, and only people change it`;
  if (path !== path.normalize("NFC")) return "its accents are decomposed; write them composed (Unicode NFC)";
  return /\p{Cf}/u.test(path) ? "it holds an invisible character" : null;
}

/** Whether a parsed path is another one or lies under it. */
export function liesIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Protected wherever they are, for the tools that read them may run what they say. */
const protectedAnywhere = new Set([".git", ".cadre"]);
/** Protected at the workspace's root: the rules that the run goes by, and its records. */
const protectedAtRoot = new Set(["modes", "graphs", "journal", "cadre.yaml", "cadre.yml", modelsLock]);

/** The protected name that a workspace path is or lies under; null where there is none. */
export function protectedBy(path: string): string | null {
  const names = path.split("/").map(foldName);
  const anywhere = names.find((name) => protectedAnywhere.has(name));
  if (anywhere !== undefined) return anywhere;
  const first = names[0] ?? "";
  return protectedAtRoot.has(first) ? first : null;
}

/** How a lenient file system may read a name: NTFS drops trailing dots and spaces and has short names, HFS+ drops invisible characters. */
function foldName(name: string): string {
  const folded = name
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .toLowerCase()
    .replace(/(:.*)?[. ]*$/u, "");
  return /^git~\d+$/.test(folded) ? ".git" : folded;
}
