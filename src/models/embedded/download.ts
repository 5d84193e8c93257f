/**
 * One file from a hub to the cache.
 *
 * N1. It gets its name only when all of its bytes are there and have the promised hash, by rename: a file with a name is a whole file.
 * N2. What was fetched before a break is kept and gone on from; its bytes are hashed again.
 * N3. Nothing is begun that the disk cannot hold.
 * N4. One process fetches a file; a second one is told who does.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { CadreError, isCadreError } from "../../errors.ts";

export type Fetched = {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What messages call it. */
  readonly name: string;
};

export type Progress = { readonly name: string; readonly done: number; readonly bytes: number };

export type DownloadDeps = {
  /** The bytes from `from` on; `partial` is false where they are all of them. */
  readonly open: (from: number) => Promise<{ readonly body: ReadableStream<Uint8Array>; readonly partial: boolean }>;
  readonly onProgress: (progress: Progress) => void;
  /** In bytes. */
  readonly freeSpace?: (folder: string) => number;
};

/** Kept free beside the file. */
const margin = 64 * 1024 * 1024;

/** Errors: `disk-full`, `model-file` for other bytes than promised, `hub-unreachable` for a break; and those of `open`. */
export async function download(deps: DownloadDeps, file: Fetched): Promise<void> {
  await mkdir(dirname(file.path), { recursive: true });
  const part = `${file.path}.part`;
  const release = claim(`${part}.pid`, file);
  try {
    const there = existsSync(part) ? statSync(part).size : 0;
    const from = there < file.bytes ? there : 0;
    requireSpace(deps, file, from);
    await fetchInto(part, from, deps, file);
    if (!isGguf(part)) throw wrong(part, file, "is no GGUF file");
    renameSync(part, file.path);
  } finally {
    release();
  }
}

async function fetchInto(part: string, from: number, deps: DownloadDeps, file: Fetched): Promise<void> {
  const { body, partial } = await deps.open(from);
  try {
    await writeInto(part, partial ? from : 0, body, deps, file);
  } catch (error) {
    // Of what cannot be written nothing may have been read: a body that nobody reads would hold its connection, and the process with it.
    if (!body.locked) body.cancel().catch(() => {});
    throw error;
  }
}

async function writeInto(
  part: string,
  start: number,
  body: ReadableStream<Uint8Array>,
  deps: DownloadDeps,
  file: Fetched,
): Promise<void> {
  const hash = createHash("sha256");
  if (start > 0) for await (const chunk of createReadStream(part, { end: start - 1 })) hash.update(chunk as Buffer); // N2
  const out = await open(part, start > 0 ? "r+" : "w");
  let done = start;
  try {
    await out.truncate(start);
    for await (const chunk of chunksOf(body, file)) {
      done += chunk.byteLength;
      if (done > file.bytes) throw wrong(part, file, "is larger than the hub said");
      hash.update(chunk);
      await out.write(chunk, 0, chunk.byteLength, done - chunk.byteLength);
      deps.onProgress({ name: file.name, done, bytes: file.bytes });
    }
    await out.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw tooLittle(file, file.bytes - done, 0);
    throw error;
  } finally {
    await out.close();
  }
  if (done < file.bytes) throw broken(file, done);
  if (hash.digest("hex") !== file.sha256) throw wrong(part, file, "does not have the promised sha256");
}

/** Whatever ended it, what has come stays and can be gone on from. */
async function* chunksOf(body: ReadableStream<Uint8Array>, file: Fetched): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let got = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw isCadreError(error, "hub-refused") || isAbort(error) ? error : broken(file, got);
      });
      if (done) return;
      got += value.byteLength;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function isAbort(error: unknown): boolean {
  return (error instanceof DOMException && error.name === "AbortError") || isCadreError(error, "interrupted");
}

/** N3 */
function requireSpace({ freeSpace = freeBytes }: DownloadDeps, file: Fetched, from: number): void {
  const needed = file.bytes - from;
  const free = freeSpace(dirname(file.path));
  if (free < needed + margin) throw tooLittle(file, needed, free);
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** The claims of this process: in a container the one before it had the same number, and may have left one. */
const claims = new Set<string>();

/** N4. Whoever wrote the claim and is gone does not hold it any more. */
function claim(path: string, file: Fetched): () => void {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      claims.add(path);
      return () => {
        claims.delete(path);
        rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(readPid(path));
    if (Number.isInteger(owner) && owner > 0 && (owner === process.pid ? claims.has(path) : isAlive(owner))) {
      throw new CadreError("model-file", `Process ${owner} is fetching ${file.name} already.`, {
        hint: "Go on when it has ended.",
        data: { pid: owner },
      });
    }
    rmSync(path, { force: true });
  }
}

function readPid(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The first four bytes; weights in any other format may hold code. */
export function isGguf(path: string): boolean {
  const magic = Buffer.alloc(4);
  const fd = openSync(path, "r");
  try {
    return readSync(fd, magic, 0, 4, 0) === 4 && magic.toString("latin1") === "GGUF";
  } finally {
    closeSync(fd);
  }
}

export function inBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} KB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function tooLittle(file: Fetched, needed: number, free: number): CadreError {
  const folder = dirname(file.path);
  return new CadreError(
    "disk-full",
    `${file.name} needs ${inBytes(needed)} in ${folder}, where ${inBytes(free)} are free.`,
    {
      hint: "Make room there, or name another folder as `hub.cache` in cadre.yaml.",
      data: { needed, free, folder },
    },
  );
}

function wrong(part: string, file: Fetched, what: string): CadreError {
  rmSync(part, { force: true });
  return new CadreError("model-file", `What came as ${file.name} ${what}; it was thrown away.`, {
    hint: "Try again; if it stays so, the file changed on the hub: compare cadre.lock with its page.",
    data: { sha256: file.sha256, bytes: file.bytes },
  });
}

function broken(file: Fetched, done: number): CadreError {
  return new CadreError("hub-unreachable", `The connection broke while ${file.name} was fetched.`, {
    hint: "Do it again: it goes on where it stopped.",
    data: { done, bytes: file.bytes },
  });
}
