/**
 * A command that would start a training: refused until a question about that was answered, and then put to a person with the answer.
 *
 * F1. There is no tool that trains; a training can only be a command. A command is taken for one when an argument names a file
 *     `training.yaml`, or when a program, a module, a script or a target in it is called as those that train are: behind `env` and its like, and in
 *     what a shell is given with `-c`, too.
 * F2. What is not seen: a script under another name that reads its settings from elsewhere, and code that stands in the command. Such a command, like any, needs a person's approval
 *     unless the workflow names it, and has neither a network nor a model unless it was given one.
 * F3. Whether the answer permits it is for the person who approves to read: it stands in what they approve.
 */
import { hashOf } from "../canonical.ts";
import type { Concerns, ToolContext } from "./tool.ts";

const settingsFile = /(?:^|\/|=)training\.ya?ml$/i;
const trainers = /^(?:accelerate|deepspeed|torchrun|autotrain|axolotl|llamafactory-cli|trl)$/i;
const trainingName = /(?:^|[-_.])(?:train|trainer|training|fine[-_]?tune|finetuning|sft|dpo)(?:[-_.]|$)/i;
const aboutTraining = /\b(?:fine[- ]?tun\w*|train(?:ed|ing|s)?|sft|lora|adapters?)\b/i;

/** Start another program, with nothing or with options before it. */
const wrappers = /^(?:env|nohup|time|nice|ionice|exec|eval|setsid|stdbuf|timeout|xargs|command|sudo|then|do|else|!)$/;
const runners = /^(?:uv|poetry|pipenv|pdm|hatch|conda|mamba)$/;
const shells = /^(?:ba|da|z|k)?sh$/;
const ofTargets = /^(?:make|just|task|invoke|npm|pnpm|yarn)$/;
/** Of a wrapper: options, settings of the environment, and a time. */
const notTheProgram = /^(?:-.*|\w+=.*|\d+(?:\.\d+)?[smhd]?)$/;

const deepest = 8;

/** Null: it starts no training, as far as that can be seen. */
export function startsTraining(command: readonly string[]): string | null {
  for (const words of commandsIn(command)) {
    const why = trains(words);
    if (why !== null) return why;
  }
  return null;
}

/** The command without what only starts it; what a shell is told with `-c` is cut up much as the shell would, some shells deep. */
function commandsIn(command: readonly string[], depth = 0): (readonly string[])[] {
  const words = unwrapped(command);
  const flag = shells.test(nameOf(words[0])) ? words.findIndex((word) => /^-\w*c$/.test(word)) : -1;
  if (flag === -1 || depth === deepest) return [words];
  const told = words.slice(flag + 1).join(" ");
  return told.split(/[;&|()\n`{}]/).flatMap((part) => {
    const own = part.split(/\s+/).flatMap((word) => word.replaceAll(/["'\\<>$]/g, "") || []);
    return own.length === 0 ? [] : commandsIn(own, depth + 1);
  });
}

function unwrapped(command: readonly string[]): readonly string[] {
  let at = 0;
  while (at < command.length - 1) {
    const name = nameOf(command[at]);
    if (runners.test(name) && command[at + 1] === "run") at += 2;
    else if (wrappers.test(name) || notTheProgram.test(command[at] ?? "")) at += 1;
    else break;
  }
  return command.slice(at);
}

function trains(words: readonly string[]): string | null {
  const settings = words.find((word) => settingsFile.test(word));
  if (settings !== undefined) return `it reads ${settings}`;
  const program = nameOf(words[0]);
  if (trainers.test(program)) return `${program} trains models`;
  if (trainingName.test(program) && !program.includes(".")) return `${program} is called like a training`;
  const called = words.find(
    (word, index) => isScript(word) || (index > 0 && ofTargets.test(program) && trainingName.test(word)),
  );
  if (called !== undefined) return `${called} is called like a training`;
  const module = words.find((word, index) => words[index - 1] === "-m" && isTrainer(word));
  return module === undefined ? null : `the module ${module} trains`;
}

function isScript(word: string): boolean {
  const name = nameOf(word);
  return /\.(?:py|sh|ipynb|js|ts)$/i.test(name) && trainingName.test(name.replace(/\.[a-z]+$/i, ""));
}

function isTrainer(name: string): boolean {
  return (
    trainers.test(name.split(".")[0] ?? "") ||
    /^torch\.distributed\.(?:run|launch)$/.test(name) ||
    trainingName.test(name)
  );
}

function nameOf(word = ""): string {
  return word.split("/").at(-1) ?? "";
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
