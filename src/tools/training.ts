/**
 * A command that would start a training: refused until a question about that was answered, and then put to a person with the answer.
 *
 * F1. There is no tool that trains; a training can only be a command. A command is taken for one when an argument names a file
 *     `training.yaml`, or when a program, a module or a script in it is called as those that train are.
 * F2. What is not seen: a script under another name that reads its settings from elsewhere. Such a command, like any, needs a person's approval
 *     unless the workflow names it, and has neither a network nor a model unless it was given one.
 * F3. Whether the answer permits it is for the person who approves to read: it stands in what they approve.
 */
import { hashOf } from "../canonical.ts";
import type { Concerns, ToolContext } from "./tool.ts";

const settingsFile = /(?:^|\/|=)training\.ya?ml$/i;
const trainers = /^(?:accelerate|deepspeed|torchrun|autotrain|axolotl|llamafactory-cli|trl)$/i;
const trainingName = /(?:^|[-_.])(?:train|trainer|training|fine[-_]?tune|finetuning|sft|dpo)(?:[-_.]|$)/i;
const aboutTraining = /\b(?:fine[- ]?tun\w*|train(?:ed|ing|s)?|sft|lora|adapters?)\b/i;

/** Null: it starts no training, as far as that can be seen. */
export function startsTraining(command: readonly string[]): string | null {
  const settings = command.find((word) => settingsFile.test(word));
  if (settings !== undefined) return `it reads ${settings}`;
  for (const [index, word] of command.entries()) {
    const name = word.split("/").at(-1) ?? "";
    if (index === 0 && trainers.test(name)) return `${name} trains models`;
    const isModule = command[index - 1] === "-m";
    const isScript = /\.(?:py|sh|ipynb|js|ts)$/i.test(name);
    if (isModule && (trainers.test(word.split(".")[0] ?? "") || trainingName.test(word)))
      return `the module ${word} trains`;
    if (isScript && trainingName.test(name.replace(/\.[a-z]+$/i, ""))) return `${word} is called like a training`;
  }
  return null;
}

export async function trainingConcerns(context: ToolContext, command: readonly string[]): Promise<Concerns> {
  const why = startsTraining(command);
  if (why === null) return { findings: [] };
  const decided = (await context.decisions?.()) ?? [];
  const answer = decided.findLast(({ topic, question }) => aboutTraining.test(topic) || aboutTraining.test(question));
  if (!answer)
    return {
      refused: `it would start a training (${why}), and nobody has decided that; escalate whether to train, with what it would cost, and go by the answer`,
    };
  const { topic, decision, by } = answer;
  return {
    findings: [
      {
        kind: "training",
        id: hashOf({ training: command, topic, decision, by }),
        text: `it starts a training (${why}); on “${topic}” ${by} decided: ${decision}`,
      },
    ],
  };
}
