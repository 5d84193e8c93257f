/**
 * What a person typed, as the decision that an ask of this kind takes. The wrong verb is a usage error that names the right command.
 */
import { readFileSync } from "node:fs";
import type { DecideInput } from "../run/api.ts";
import { CadreError } from "../errors.ts";
import { goesOnWith, higherCeiling, takesCeiling } from "../events/raising.ts";
import type { AskRow } from "../store/rows.ts";
import { commandsForAsk, decidedBy } from "./next-commands.ts";
import type { Spell } from "./spelling.ts";

/** As typed: `answer <text>`, `approve [--edit --raise-to --reason]`, `reject <reason>`. */
export type Typed =
  | { readonly verb: "answer"; readonly text: string }
  | { readonly verb: "approve"; readonly edit?: string; readonly raiseTo?: number; readonly reason?: string }
  | { readonly verb: "reject"; readonly text: string }
  | { readonly verb: "delegate"; readonly text: string; readonly to?: string; readonly criteria?: readonly string[] }
  | { readonly verb: "escalate"; readonly text: string; readonly to?: string };

type Decided = Pick<DecideInput, "verb" | "text" | "args" | "to">;

/** What a verb needs, in words. */
const wordsFor = {
  answer: "an answer",
  reject: "a rejection",
  delegate: "a task",
  escalate: "handing it up",
} as const satisfies Record<Exclude<Typed["verb"], "approve">, string>;

/** Errors: usage (wrong verb, empty text, unknown option, arguments that are no JSON object), file-unreadable. */
export function decisionFor(ask: AskRow, typed: Typed, command: Spell): Decided {
  if (typed.verb !== "approve" && typed.text.trim() === "") {
    throw new CadreError("usage", `${wordsFor[typed.verb]} needs words`, {
      hint: command(`${typed.verb} ${ask.id} "..."`),
    });
  }
  switch (typed.verb) {
    case "answer":
      return answered(ask, typed.text.trim(), command);
    case "approve":
      return approved(ask, typed, command);
    case "reject":
      if (decidedBy[ask.kind] === "choice") throw wrongVerb(ask, "reject", command);
      return { verb: "reject", text: typed.text.trim() };
    case "delegate":
    case "escalate":
      return handedOn(ask, typed, command);
  }
}

/** Whether the route is declared is asked where the decision is recorded. */
function handedOn(ask: AskRow, typed: Extract<Typed, { verb: "delegate" | "escalate" }>, command: Spell): Decided {
  if (ask.seat === undefined) throw wrongVerb(ask, typed.verb, command);
  const { verb, text, to } = typed;
  const criteria = verb === "delegate" ? typed.criteria : undefined;
  return {
    verb,
    text: text.trim(),
    ...(to === undefined ? {} : { to }),
    ...(criteria === undefined ? {} : { args: { criteria } }),
  };
}

function answered(ask: AskRow, text: string, command: Spell): Decided {
  const how = decidedBy[ask.kind];
  if (how === "approval" || how === "limit") throw wrongVerb(ask, "answer", command);
  if (ask.kind === "doubt") return doubt(ask, text, command);
  const named = ask.options.some((choice) => choice.id === text);
  // A bare number beside numbered options means one of them: as words it would decide nothing that anybody meant.
  const slipped = !named && ask.options.length > 0 && /^\d{1,2}$/.test(text);
  if (how === "answer" && !slipped) return { verb: "answer", text };
  return { verb: "answer", text: chosen(ask, text).id };
}

/** `result` is the one option that takes words: what the effect gave, which is what the role will read. */
function doubt(ask: AskRow, text: string, command: Spell): Decided {
  const [word = ""] = text.split(/\s/, 1);
  if (word === "result" && ask.options.some((choice) => choice.id === word)) {
    const result = text.slice(word.length).trim();
    if (result !== "") return { verb: "answer", text: word, args: { result } };
    throw new CadreError("usage", "what came of it is missing: the role is told exactly that", {
      hint: command(`answer ${ask.id} result "<what it gave>"`),
    });
  }
  return { verb: "answer", text: chosen(ask, text).id };
}

/** Errors: usage, with the options. */
function chosen(ask: AskRow, text: string): AskRow["options"][number] {
  const option = ask.options.find((choice) => choice.id === text);
  if (option) return option;
  throw new CadreError("usage", `"${text}" is none of the options of ${ask.id}`, {
    hint: `say one of: ${ask.options.map((choice) => `${choice.id} (${choice.text})`).join("; ")}`,
    data: { options: ask.options.map((choice) => choice.id) },
  });
}

type Approval = Extract<Typed, { verb: "approve" }>;

function approved(ask: AskRow, typed: Approval, command: Spell): Decided {
  const how = decidedBy[ask.kind];
  if (how === "answer" || how === "choice") throw wrongVerb(ask, "approve", command);
  if (typed.edit !== undefined && ask.kind !== "approval") throw misplaced(ask, "--edit is for tool calls", command);
  const args = typed.edit === undefined ? raised(ask, typed, command) : readArguments(typed.edit);
  return { verb: "approve", text: typed.reason ?? "", ...(args === undefined ? {} : { args }) };
}

function raised(ask: AskRow, { raiseTo }: Approval, command: Spell): { to: number } | undefined {
  if (raiseTo === undefined) return undefined;
  if (ask.limit === null) throw misplaced(ask, "--raise-to is for limits", command);
  const { name, value } = ask.limit;
  if (takesCeiling(ask.limit, raiseTo)) return { to: raiseTo };
  if (goesOnWith(ask.limit, raiseTo))
    throw new CadreError("usage", `--raise-to ${raiseTo} is not a whole number, which ${name} takes`, {
      hint: command(`approve ${ask.id} --raise-to ${Math.ceil(raiseTo)}`),
    });
  throw new CadreError(
    "usage",
    name === "breadth"
      ? `--raise-to ${raiseTo} is below ${value}, which it takes`
      : `--raise-to ${raiseTo} is not above ${value}, which is used already`,
    {
      hint: command(`approve ${ask.id} --raise-to ${higherCeiling(ask.limit)}`),
    },
  );
}

function misplaced(ask: AskRow, what: string, command: Spell): CadreError {
  return new CadreError("usage", `${what}, and ${ask.id} is ${kindWords[ask.kind]}`, {
    hint: command(`approve ${ask.id}`),
  });
}

/** A JSON object, written out or in `@file`. */
function readArguments(text: string): Record<string, unknown> {
  const source = text.startsWith("@") ? readEdit(text.slice(1)) : text;
  try {
    const value: unknown = JSON.parse(source);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new CadreError("usage", `--edit is not JSON: ${(cause as Error).message}`, {
      hint: `all arguments as one object, for example --edit '{"path":"notes.md","content":"..."}', or --edit @file.json`,
    });
  }
  throw new CadreError("usage", "--edit is not a JSON object", {
    hint: `all arguments as one object, for example --edit '{"path":"notes.md","content":"..."}', or --edit @file.json`,
  });
}

function readEdit(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const what = missing ? `there is no file ${file}` : `${file} cannot be read: ${(cause as Error).message}`;
    throw new CadreError("file-unreadable", what, { hint: "--edit @file.json takes a path from here", cause });
  }
}

export const kindWords: Readonly<Record<AskRow["kind"], string>> = {
  question: "a question",
  escalation: "an escalation",
  assignment: "a task for a person",
  approval: "an approval",
  sign_off: "a sign-off",
  limit: "a limit",
  doubt: "an effect in doubt",
  chart: "a changed chart",
};

function wrongVerb(ask: AskRow, verb: Typed["verb"], command: Spell): CadreError {
  const right = commandsForAsk(ask, command).filter((next) => !next.command.includes(" changes "));
  return new CadreError("usage", `${ask.id} is ${kindWords[ask.kind]}: "${verb}" does not decide it`, {
    hint: `decide it with\n${right.map((next) => `  ${next.command}`).join("\n")}`,
    data: { ask: ask.id, kind: ask.kind, next: right.map((next) => next.command) },
  });
}
