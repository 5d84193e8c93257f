/** Puts an ask to the person at the terminal. Only ever called when stdin and stdout both are terminals. */
import { stopsWithout } from "../events/raising.ts";
import { isCancel, select, text } from "@clack/prompts";
import type { AskRow } from "../store/rows.ts";
import { visible } from "../views/escape.ts";
import type { Typed } from "./decision.ts";
import { decidedBy, takesWords } from "./next-commands.ts";

const later = "later";
const look = "look";

export type PromptDeps = {
  /** Takes the prompt away. */
  readonly signal: AbortSignal;
  /** Prints the change set that a sign-off is about, as a diff. */
  readonly showChanges: () => Promise<void>;
};

/** Null: the person wants to decide later (or pressed Ctrl-C); the run stays as it is. */
export async function promptPerson(ask: AskRow, { signal, showChanges }: PromptDeps): Promise<Typed | null> {
  switch (decidedBy[ask.kind]) {
    case "approval":
      return ask.kind === "sign_off"
        ? promptSignOff(signal, showChanges)
        : promptVerdict(signal, "Let exactly this happen?", "yes, approve", "no, send it back");
    case "limit":
      return promptVerdict(
        signal,
        "Raise the limit?",
        "yes, by as much again",
        ask.limit && !stopsWithout(ask.limit) ? "no, send the tasks back" : "no, stop the run",
      );
    case "choice":
      return promptChoice(signal, ask, false);
    case "answer":
      return ask.options.length === 0 ? promptWords(signal, "Your answer") : promptChoice(signal, ask, true);
  }
}

/** What is signed off can be looked at as often as wanted before it is decided. */
async function promptSignOff(signal: AbortSignal, showChanges: () => Promise<void>): Promise<Typed | null> {
  const options = [
    { value: look, label: "show me the changes first" },
    { value: "approve", label: "yes, approve" },
    { value: "reject", label: "no, send it back" },
  ];
  for (;;) {
    const chosen = await choose(signal, "Sign it off?", options);
    if (chosen !== look) return verdict(signal, chosen);
    await showChanges();
  }
}

async function promptVerdict(signal: AbortSignal, message: string, yes: string, no: string): Promise<Typed | null> {
  const options = [
    { value: "approve", label: yes },
    { value: "reject", label: no },
  ];
  return verdict(signal, await choose(signal, message, options));
}

/** The chosen value; null for later. */
async function choose(
  signal: AbortSignal,
  message: string,
  options: readonly { readonly value: string; readonly label: string }[],
): Promise<string | null> {
  const chosen = await select({ signal, message, options: [...options, { value: later, label: "decide later" }] });
  return isCancel(chosen) || chosen === later ? null : chosen;
}

async function verdict(signal: AbortSignal, chosen: string | null): Promise<Typed | null> {
  if (chosen === null) return null;
  if (chosen === "approve") return { verb: "approve" };
  const reason = await promptWords(signal, "Why? (it goes back with the work)");
  return reason?.verb === "answer" ? { verb: "reject", text: reason.text } : null;
}

async function promptChoice(signal: AbortSignal, ask: AskRow, ownWords: boolean): Promise<Typed | null> {
  const chosen = await choose(signal, "Your decision", [
    ...ask.options.map((choice) => ({ value: `option:${choice.id}`, label: visible(choice.text) })),
    ...(ownWords ? [{ value: "words", label: "in your own words" }] : []),
  ]);
  if (chosen === null) return null;
  if (chosen === "words") return promptWords(signal, "Your decision");
  const option = chosen.slice("option:".length);
  if (!takesWords(ask, option)) return { verb: "answer", text: option };
  const result = await promptWords(signal, "What came of it? (the role reads exactly this)");
  return result?.verb === "answer" ? { verb: "answer", text: `${option} ${result.text}` } : null;
}

async function promptWords(signal: AbortSignal, message: string): Promise<Typed | null> {
  const words = await text({
    signal,
    message,
    validate: (value) => ((value ?? "").trim() === "" ? "a few words, or Ctrl-C to decide later" : undefined),
  });
  return isCancel(words) ? null : { verb: "answer", text: words };
}
