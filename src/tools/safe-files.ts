/**
 * Opening files so that nothing leaves a root folder (R6). Used for workspaces, for knowledge files and for applying changes.
 *
 * F1. What is checked is what is used: a file or folder is opened first, and then the kernel says where the open one lies
 *     (`/proc/self/fd`). Checking a path and opening it after loses the race against whoever swaps a folder for a symlink.
 * F2. Nothing is opened for real before it is known to be a regular file inside: first an `O_PATH` handle, which has no
 *     side effect on pipes and devices, then the same inode through that handle.
 * F3. Entries of a folder are reached through the open folder, never through its path again.
 * F4. A file with several hard links may be the same file as one outside: refused in workspaces.
 *
 * Where `/proc` is missing, every component is looked at before and after opening and symlinks are refused altogether; a swap
 * in between is noticed unless it is swapped back in time.
 */
import fs from "node:fs";
import { CadreError } from "../errors.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants;
/** Linux, every architecture that Node runs on; not among Node's constants. */
const O_PATH = 0o10000000;

export type Opened = {
  readonly fd: number;
  readonly stats: fs.Stats;
  /** Where it really lies, relative to the root, symlinks resolved. */
  readonly resolved: string;
  close(): void;
};

export type OpenedFolder = Opened & {
  /** Path through which entries are reached: `${at}/name`. */
  readonly at: string;
};

export type OpenOptions = {
  /** Files with more than one hard link; default: refused. */
  readonly hardLinks?: "refuse" | "allow";
  /** Whether `/proc/self/fd` can be asked; tests set it to false. */
  readonly proc?: boolean;
};

const procWorks = process.platform === "linux" && fs.existsSync("/proc/self/fd");

/** The mistake of whoever named the path: tools answer it, they do not fail. */
export function refuse(path: string, reason: string, hint?: string): CadreError {
  return new CadreError("workspace-refused", `\`${path || "."}\` is refused: ${reason}.`, {
    data: { path },
    ...(hint === undefined ? {} : { hint }),
  });
}

export function missing(path: string): CadreError {
  return new CadreError("file-unreadable", `\`${path || "."}\` is not there.`, { data: { path } });
}

/** True for the errors that a tool answers with `ok: false`. */
export function isPathError(error: unknown): error is CadreError {
  return error instanceof CadreError && (error.code === "workspace-refused" || error.code === "file-unreadable");
}

/** Opens a regular file under `root` for reading; symlinks are followed as long as they stay inside. Throws `workspace-refused`, `file-unreadable`. */
export function openFile(root: string, path: string, options: OpenOptions = {}): Opened {
  const opened = (options.proc ?? procWorks) ? openThroughProc(root, path) : openByWalking(root, path, false);
  try {
    checkRegular(opened.stats, path, options);
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

function checkRegular(stats: fs.Stats, path: string, options: OpenOptions): void {
  if (stats.isDirectory()) throw refuse(path, "it is a folder, not a file");
  if (!stats.isFile()) throw refuse(path, "it is neither a file nor a folder");
  if (stats.nlink > 1 && options.hardLinks !== "allow") {
    throw refuse(path, "it has several hard links, so it may also lie outside the workspace");
  }
}

/** Opens a folder under `root`; `""` is the root itself. Throws `workspace-refused`, `file-unreadable`. */
export function openFolder(root: string, path: string, options: OpenOptions = {}): OpenedFolder {
  if (!(options.proc ?? procWorks)) {
    const opened = openByWalking(root, path, true);
    return { ...opened, at: join(fs.realpathSync(root), path) };
  }
  const real = fs.realpathSync(root);
  const fd = open(join(real, path), O_RDONLY | O_DIRECTORY | O_NONBLOCK, path);
  return asFolder(whereIs(fd, real, path));
}

/** Opens the folder `name` in an open folder; never follows a symlink. Undefined where there is nothing of that name. */
export function openSubfolder(root: string, parent: OpenedFolder, name: string): OpenedFolder | undefined {
  const path = join(parent.resolved, name);
  let fd: number;
  try {
    fd = fs.openSync(`${parent.at}/${name}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return undefined;
    if (code === "ENOTDIR" || code === "ELOOP") throw refuse(path, notFolder(`${parent.at}/${name}`));
    throw error;
  }
  if (!parent.at.startsWith("/proc/self/fd/")) {
    return { ...handle(fd, path), at: `${parent.at}/${name}` };
  }
  return asFolder(whereIs(fd, fs.realpathSync(root), path));
}

function notFolder(path: string): string {
  return fs.lstatSync(path).isSymbolicLink()
    ? "it goes through a symlink; write to where the symlink leads, if that is in the workspace"
    : "a part of it is a file, not a folder";
}

function openThroughProc(root: string, path: string): Opened {
  const real = fs.realpathSync(root);
  const probe = whereIs(open(join(real, path), O_PATH, path), real, path);
  try {
    // F2: only a regular file is opened for real; the caller says what is wrong with the others.
    if (!probe.stats.isFile()) return { ...probe, close: () => undefined };
    const fd = open(`/proc/self/fd/${probe.fd}`, O_RDONLY | O_NONBLOCK, path);
    return { ...handle(fd, probe.resolved) };
  } finally {
    probe.close();
  }
}

/** F1: asks the kernel where the open file lies. Closes it if that is outside. */
function whereIs(fd: number, realRoot: string, path: string): Opened {
  try {
    const place = fs.readlinkSync(`/proc/self/fd/${fd}`);
    if (place === realRoot) return handle(fd, "");
    if (place.startsWith(`${realRoot}/`)) return handle(fd, place.slice(realRoot.length + 1));
    throw refuse(path, "it leads out of the folder that roles may touch");
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

function openByWalking(root: string, path: string, folder: boolean): Opened {
  const real = fs.realpathSync(root);
  const target = join(real, path);
  lookAtComponents(real, path);
  const fd = open(target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | (folder ? O_DIRECTORY : 0), path);
  const opened = handle(fd, path);
  try {
    lookAtComponents(real, path);
    const now = fs.lstatSync(target);
    if (now.ino !== opened.stats.ino || now.dev !== opened.stats.dev)
      throw refuse(path, "it changed while being opened");
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

function lookAtComponents(real: string, path: string): void {
  let place = real;
  for (const part of path.split("/").filter((name) => name !== "")) {
    place = `${place}/${part}`;
    let stats: fs.Stats;
    try {
      stats = fs.lstatSync(place);
    } catch (error) {
      throw fileError(error, path);
    }
    if (stats.isSymbolicLink()) throw refuse(path, "it goes through a symlink");
    if (!stats.isDirectory() && !stats.isFile()) throw refuse(path, "it is neither a file nor a folder");
  }
}

function open(target: string, flags: number, path: string): number {
  try {
    return fs.openSync(target, flags);
  } catch (error) {
    throw fileError(error, path);
  }
}

function fileError(error: unknown, path: string): unknown {
  const code: string = codeOf(error) ?? "";
  switch (code) {
    case "ENOENT":
      return missing(path);
    case "ENOTDIR":
      return refuse(path, "it, or a part of it, is not a folder");
    case "ELOOP":
      return refuse(path, "it goes through a symlink that is not followed");
    case "ENXIO":
    case "ENODEV":
      return refuse(path, "it is neither a file nor a folder");
    case "ENAMETOOLONG":
      return refuse(path, "it is too long");
    case "EACCES":
    case "EPERM":
      return new CadreError("file-unreadable", `\`${path || "."}\` cannot be read: permission denied.`, {
        data: { path },
      });
    default:
      return error;
  }
}

function handle(fd: number, resolved: string): Opened {
  return { fd, stats: fs.fstatSync(fd), resolved, close: () => fs.closeSync(fd) };
}

function asFolder(opened: Opened): OpenedFolder {
  return { ...opened, at: `/proc/self/fd/${opened.fd}` };
}

export function join(folder: string, name: string): string {
  if (folder === "") return name;
  return name === "" ? folder : `${folder}/${name}`;
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
