/** An input looked through once, before anything of it is sent: how much there is, what looks like personal data, and its hash. */
import fs from "node:fs";
import type { Item } from "../../models/inference/tasks.ts";
import { findPersonalData, type PersonalKind } from "../screen/personal-data.ts";
import { openFile } from "../safe-files.ts";
import type { ToolContext } from "../tool.ts";
import type { Input, InputArgs } from "./input.ts";

export type Scan = {
  readonly rows: number;
  /** Rows that cannot be used. */
  readonly unusable: number;
  readonly characters: number;
  readonly media: number;
  readonly sha256: string;
  readonly personal: readonly {
    readonly kind: PersonalKind;
    readonly count: number;
    readonly first: readonly { readonly line: number; readonly masked: string }[];
  }[];
};

const mostExamples = 3;

export async function scanInput(input: Input, signal: AbortSignal): Promise<Scan> {
  const personal = new Map<PersonalKind, { count: number; first: { line: number; masked: string }[] }>();
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
      for (const { kind, masked } of findPersonalData(text)) {
        const seen = personal.get(kind) ?? { count: 0, first: [] };
        seen.count += 1;
        if (seen.first.length < mostExamples) seen.first.push({ line: row.line, masked });
        personal.set(kind, seen);
      }
    }
  }
  return { ...counts, sha256: input.hash(), personal: Array.from(personal, ([kind, seen]) => ({ kind, ...seen })) };
}

/** Every text of an item that would be sent. */
function textsOf(item: Item): readonly string[] {
  if ("text" in item) return [item.text];
  if (!("fields" in item)) return [];
  return Object.values(item.fields)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter((value) => typeof value === "string");
}

export type ScanInput = (context: ToolContext, input: Input, args: InputArgs) => Promise<Scan>;

/** Looks through a file once for as long as it stays the same: a large one is asked about several times before it is sent. */
export function rememberingScans(): ScanInput {
  let last: { readonly of: string; readonly scan: Scan } | null = null;
  return async (context, input, args) => {
    const of = args.input_file === undefined ? null : identityOf(context.workspace, args);
    if (of !== null && last?.of === of) return last.scan;
    const scan = await scanInput(input, context.signal);
    if (of !== null && of === identityOf(context.workspace, args)) last = { of, scan };
    return scan;
  };
}

/** Changes with every write: the kernel sets the time of change, and nobody can set it back. */
function identityOf(workspace: string, { input_file: path = "", text_key: key }: InputArgs): string {
  const file = openFile(workspace, path);
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = fs.fstatSync(file.fd);
    return JSON.stringify([workspace, path, key, dev, ino, size, mtimeMs, ctimeMs]);
  } finally {
    file.close();
  }
}
