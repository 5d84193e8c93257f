/** Puts an ask to the person at the terminal. Only ever called when stdin and stdout both are terminals. */
import { isCancel, select, text } from "@clack/prompts";
import type { AskRow } from "../store/ports.ts";
import { visible } from "../views/escape.ts";
import type { Typed } from "./decision.ts";
import { decidedBy } from "./next-commands.ts";

const later = "later";

/** `signal` takes the prompt away. Null: the person wants to decide later (or pressed Ctrl-C); the run stays as it is. */
export async function promptPerson(ask: AskRow, signal: AbortSignal): Promise<Typed | null> {
  switch (decidedBy[ask.kind]) {
    case "approval":
      return promptVerdict(
        signal,
        ask.kind === "sign_off" ? "Sign it off?" : "Let exactly this happen?",
        "yes, approve",
        "no, send it back",
      );
    case "limit":
      return promptVerdict(signal, "Raise the limit?", "yes, by as much again", "no, stop the run");
    case "choice":
      return promptChoice(signal, ask, false);
    case "answer":
      return ask.options.length === 0 ? promptWords(signal, "Your answer") : promptChoice(signal, ask, true);
  }
}

async function promptVerdict(signal: AbortSignal, message: string, yes: string, no: string): Promise<Typed | null> {
  const chosen = await select({
    signal,
    message,
    options: [
      { value: "approve", label: yes },
      { value: "reject", label: no },
      { value: later, label: "decide later" },
    ],
  });
  if (isCancel(chosen) || chosen === later) return null;
  if (chosen === "approve") return { verb: "approve" };
  const reason = await promptWords(signal, "Why? (it goes back with the work)");
  return reason?.verb === "answer" ? { verb: "reject", text: reason.text } : null;
}

async function promptChoice(signal: AbortSignal, ask: AskRow, ownWords: boolean): Promise<Typed | null> {
  const chosen = await select({
    signal,
    message: "Your decision",
    options: [
      ...ask.options.map((choice) => ({ value: `option:${choice.id}`, label: visible(choice.text) })),
      ...(ownWords ? [{ value: "words", label: "in your own words" }] : []),
      { value: later, label: "decide later" },
    ],
  });
  if (isCancel(chosen) || chosen === later) return null;
  return chosen === "words"
    ? promptWords(signal, "Your decision")
    : { verb: "answer", text: chosen.slice("option:".length) };
}

async function promptWords(signal: AbortSignal, message: string): Promise<Typed | null> {
  const words = await text({
    signal,
    message,
    validate: (value) => ((value ?? "").trim() === "" ? "a few words, or Ctrl-C to decide later" : undefined),
  });
  return isCancel(words) ? null : { verb: "answer", text: words };
}
