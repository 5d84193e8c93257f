/** `037-worker-ai-ml`: the first two digits are the rank, the words behind the rank's name the department. */
import type { Level, Rank } from "./mode.ts";

const ranks: readonly Rank[] = ["executive", "director", "lead", "worker", "assistant"];

/** A level that is spelled in an unknown way is unranked; `fault` says why. */
export function readLevel(text: string): { readonly level: Level; readonly fault: string | null } {
  const [number = "", ...words] = text.trim().split("-");
  const rank = /^\d{2,}$/.test(number) ? ranks[Number(number.slice(0, 2))] : undefined;
  if (!rank) {
    const fault = `The level "${text}" begins with none of 00 executive, 01 director, 02 lead, 03 worker, 04 assistant.`;
    return { level: { text, rank: "unranked", department: words.join("-") }, fault };
  }
  const spelled = words[0]?.toLowerCase();
  const named = ranks.find((candidate) => candidate === spelled);
  const department = (named ? words.slice(1) : words).join("-");
  const fault =
    named && named !== rank
      ? `The level "${text}" says ${rank} in digits and ${named} in words; the digits count.`
      : null;
  return { level: { text, rank, department }, fault };
}
