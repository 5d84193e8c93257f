/** An input looked through once, before anything of it is sent: how much there is, what looks like personal data, and its hash. */
import fs from "node:fs";
import type { Item, ItemKind } from "../../models/inference/tasks.ts";
import { PersonalCount } from "../screen/leaving-host.ts";
import { openFile } from "../safe-files.ts";
import type { ToolContext } from "../tool.ts";
import { openInput, type Input, type InputArgs } from "./input.ts";

export type Scan = {
  readonly rows: number;
  /** Rows that cannot be used. */
  readonly unusable: number;
  readonly characters: number;
  readonly media: number;
  readonly sha256: string;
  readonly personal: PersonalCount;
};

export async function scanInput(input: Input, signal: AbortSignal): Promise<Scan> {
  const personal = new PersonalCount();
  const counts = { rows: 0, unusable: 0, characters: 0, media: 0 };
  for await (const row of input.rows()) {
    if (counts.rows % 1000 === 0) signal.throwIfAborted();
    counts.rows += 1;
    if (!("item" in row)) {
      counts.unusable += 1;
      continue;
    }
    if ("bytes" in row.item) counts.media += 1;
    for (const text of textsOf(row.item)) {
      counts.characters += text.length;
      personal.add(text, () => `${input.name}:${row.line}`);
    }
  }
  return { ...counts, sha256: input.hash(), personal };
}

/** Every text of an item that would be sent. */
function textsOf(item: Item): readonly string[] {
  if ("text" in item) return [item.text];
  if (!("fields" in item)) return [];
  return Object.values(item.fields)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter((value) => typeof value === "string");
}

export type ScanInput = (context: ToolContext, kind: ItemKind, args: InputArgs) => Promise<Scan>;

/**
 * Looks through a file once for as long as it stays the same: a large one is asked about several times before it is sent. A file that was
 * written a moment ago is looked through again: the next write may bear the same time.
 */
export function rememberingScans(): ScanInput {
  let last: { readonly of: string; readonly scan: Scan } | null = null;
  return async (context, kind, args) => {
    const of = args.input_file === undefined ? null : identityOf(context.workspace, kind, args);
    if (of !== null && last?.of === of) return last.scan;
    const scan = await scanInput(openInput(context.workspace, kind, args), context.signal);
    if (of !== null && of === identityOf(context.workspace, kind, args)) last = { of, scan };
    return scan;
  };
}

const momentMs = 2000;

/** Null: too fresh to be recognised. The kernel sets the time of change, and nobody can set it back. */
function identityOf(
  workspace: string,
  kind: ItemKind,
  { input_file: path = "", text_key: key }: InputArgs,
): string | null {
  const file = openFile(workspace, path);
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = fs.fstatSync(file.fd);
    if (Date.now() - ctimeMs < momentMs) return null;
    return JSON.stringify([workspace, path, kind, key, dev, ino, size, mtimeMs, ctimeMs]);
  } finally {
    file.close();
  }
}
