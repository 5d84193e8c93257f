/**
 * A dialect: how somebody else's role files say what cadre's modes say. Each is told by its content and put into cadre's words.
 *
 * L1. Nothing is dropped: what cadre has no word for is kept under its own key (`Mode.extra`).
 * L2. cadre's own keys (`level`, `delegates_to`, …) mean the same in every dialect, so that what `cadre convert` writes comes back whole.
 * L3. A bound that cadre does not hold a role to is a warning, never silence.
 */
import { entryOf, type YamlMap } from "../../documents/yaml-tree.ts";
import type { Source } from "../keys.ts";
import type { DialectName, RouteDeclaration } from "../mode.ts";

/** A text in a value. Where its lines are no lines of the file (JSON, a folded block), all that it says is said to stand at its first. */
export type Prompt = { readonly text: string; readonly line: number; readonly literal: boolean };

/** What a dialect's own keys say; what is left out is read from cadre's keys, or is not said. */
export type Translation = {
  readonly slug: string;
  readonly name?: string | null;
  readonly description?: string | null;
  /** As cadre spells levels. */
  readonly level?: string | null;
  readonly model?: string | null;
  readonly tags?: readonly string[];
  readonly categories?: readonly string[];
  readonly toolGroups?: readonly string[];
  readonly routes?: readonly RouteDeclaration[];
  /** Texts that come before the Markdown body. */
  readonly prompts?: readonly Prompt[];
  /** Keys that were read: all others are kept. */
  readonly read: readonly string[];
  /** Keys of the dialect that say nothing about a role's place or work (a colour, a hint for an input box): kept without a word. */
  readonly silent?: readonly string[];
  /** By key of cadre's, the dialect's key that says the same: where problems point to. */
  readonly spelled?: Readonly<Record<string, string>>;
};

export interface Dialect {
  readonly name: DialectName;
  /** What such a file is, with its article. */
  readonly title: string;
  /** Whether these keys are this dialect's. The file's name decides only where the keys could be anyone's. */
  recognises(map: YamlMap, file: string): boolean;
  /** Null: no role can be made of it; the reason is among the source's problems. */
  translate(source: Source, file: string): Translation | null;
}

/** L3: for each of these keys that is there, a warning; which they were. A key, what it does, and what to do instead. */
export function unheld(
  source: Source,
  keys: readonly (readonly [key: string, does: string, instead: string])[],
): readonly string[] {
  return keys.flatMap(([key, does, instead]) => {
    const entry = entryOf(source.map, key);
    if (!entry) return [];
    source.problems.push({
      code: "restriction-not-held",
      severity: "warning",
      message: `"${key}" ${does}; cadre keeps it and does not hold the role to it.`,
      file: source.file,
      line: entry.line,
      column: entry.column,
      hint: instead,
    });
    return [key];
  });
}

/** Tools of the dialect that no group of cadre's stands for: named once a file. */
export function withoutCounterpart(source: Source, key: string, tools: readonly string[]): void {
  if (tools.length === 0) return;
  const entry = entryOf(source.map, key);
  source.problems.push({
    code: "tool-without-counterpart",
    severity: "info",
    message: `cadre has no tool group for ${tools.join(", ")}; the role goes without.`,
    file: source.file,
    line: entry?.line ?? 1,
    column: entry?.column ?? 1,
  });
}

/** Where a dialect gives every tool to a role that names none. */
export function inheritsAll(source: Source, title: string): readonly string[] {
  source.problems.push({
    code: "tools-inherited",
    severity: "info",
    message: `It names no tools, which for ${title} means all of them.`,
    file: source.file,
    line: 1,
    column: 1,
    hint: `Write the ceiling that the role needs, for example tool_groups: [read, communication].`,
  });
  return allTools;
}

export const allTools = ["read", "edit", "command", "browser", "mcp", "communication"] as const;
