/**
 * The thread that searches, both ends of it. The engine is linear in the text, but a pattern within its limits can still take a
 * second for one long line: in a thread that holds up nobody, and it is ended when its time is over (RELIABILITY 29).
 *
 * This module is what the thread runs, so it is loaded by `import()` alone: then a bundler keeps it a file of its own.
 */
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { RE2JS } from "re2js";
import { decodeText, readWhole } from "../read-bytes.ts";
import { isPathError } from "../safe-files.ts";
import { bulkyFolders, walkFolder } from "../walk-folder.ts";
import { globExpression } from "./glob.ts";

export type SearchRequest = {
  readonly root: string;
  readonly path: string;
  readonly isFile: boolean;
  readonly regex: string;
  readonly filePattern: string;
  readonly matchLimit: number;
  /** Bytes; larger files are named, not searched. */
  readonly fileLimit: number;
};

export type SearchTally = { files: number; matches: number; tooLarge: string[]; notText: number; refused: number };

export type SearchMessage =
  | { readonly type: "match"; readonly path: string; readonly line: number; readonly text: string }
  | { readonly type: "invalid"; readonly what: string; readonly reason: string }
  | { readonly type: "end"; readonly tally: SearchTally };

export type SearchResult = {
  readonly matches: readonly Extract<SearchMessage, { type: "match" }>[];
  /** Null where it was stopped. */
  readonly tally: SearchTally | null;
  readonly stopped: "time" | "memory" | null;
  readonly invalid: Extract<SearchMessage, { type: "invalid" }> | null;
};

/** Searches in a thread of its own. Rejects with the signal's reason when aborted. */
export async function searchInThread(
  request: SearchRequest,
  timeLimitMs: number,
  signal: AbortSignal,
): Promise<SearchResult> {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { [marker]: request },
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  const matches: Extract<SearchMessage, { type: "match" }>[] = [];
  const result = new Promise<SearchResult>((resolve, reject) => {
    const end = (more: Partial<SearchResult>): void =>
      resolve({ matches, tally: null, stopped: null, invalid: null, ...more });
    const timer = setTimeout(() => end({ stopped: "time" }), timeLimitMs);
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    worker.on("message", (message: SearchMessage) => {
      if (message.type === "match") matches.push(message);
      else if (message.type === "end") end({ tally: message.tally });
      else end({ invalid: message });
    });
    worker.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") end({ stopped: "memory" });
      else reject(error);
    });
    worker.on("exit", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      reject(new Error("the search thread ended without an answer"));
    });
  });
  try {
    return await result;
  } finally {
    await worker.terminate();
  }
}

const shownCharacters = 300;
/** Of a longer line, the rest is not searched. */
const lineLimit = 20_000;

async function search(request: SearchRequest, post: (message: SearchMessage) => void): Promise<void> {
  const { RE2JS } = await import("re2js");
  const compile = (expression: string): RE2JS | string => {
    try {
      return RE2JS.compile(expression);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const pattern = compile(request.regex);
  if (typeof pattern === "string") return post({ type: "invalid", what: "regex", reason: pattern });
  const names = compile(globExpression(request.filePattern));
  if (typeof names === "string") return post({ type: "invalid", what: "file_pattern", reason: names });
  const tally: SearchTally = { files: 0, matches: 0, tooLarge: [], notText: 0, refused: 0 };
  for (const path of filesOf(request)) {
    if (!names.matches(path)) continue;
    if (tally.matches >= request.matchLimit) break;
    searchFile(request, path, pattern, tally, post);
  }
  post({ type: "end", tally });
}

function* filesOf(request: SearchRequest): Generator<string> {
  if (request.isFile) return yield request.path;
  const skip = (folder: { readonly path: string }): boolean =>
    bulkyFolders.has(folder.path.slice(folder.path.lastIndexOf("/") + 1));
  for (const entry of walkFolder(request.root, request.path, { skip })) if (entry.kind === "file") yield entry.path;
}

function searchFile(
  request: SearchRequest,
  path: string,
  pattern: RE2JS,
  tally: SearchTally,
  post: (message: SearchMessage) => void,
): void {
  const text = readText(request, path, tally);
  if (text === undefined) return;
  tally.files += 1;
  let number = 0;
  for (const line of text.split("\n")) {
    number += 1;
    if (!pattern.test(line.slice(0, lineLimit))) continue;
    if (tally.matches >= request.matchLimit) return;
    tally.matches += 1;
    const shown = line.endsWith("\r") ? line.slice(0, -1) : line;
    post({
      type: "match",
      path,
      line: number,
      text: shown.length > shownCharacters ? `${shown.slice(0, shownCharacters)}…` : shown,
    });
  }
}

function readText(request: SearchRequest, path: string, tally: SearchTally): string | undefined {
  try {
    const text = decodeText(readWhole(request.root, path, request.fileLimit));
    if (text === undefined) tally.notText += 1;
    return text;
  } catch (error) {
    if (!isPathError(error)) throw error;
    if (error.message.includes("is larger than")) tally.tooLarge.push(path);
    else tally.refused += 1;
    return undefined;
  }
}

/** Tells this module's own thread from any other that a program may run it in. */
const marker = "cadre.search";
const given = (workerData as Readonly<Record<string, SearchRequest | undefined>> | null)?.[marker];
if (parentPort && given) {
  const port = parentPort;
  await search(given, (message) => port.postMessage(message));
}
