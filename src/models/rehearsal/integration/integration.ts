/**
 * The integration deliverable: a Python module with its tests, its configuration, pinned requirements, a contract and a card, compiled and
 * tested where there is a sandbox. Made only where the assignment asks for a Python module.
 *
 * I1. One file a step, each once; then the compiler, then the tests, each once. What did not run is said, with the reason.
 * I2. Nothing is claimed of a model: the tests have a stub in its place.
 */
import { isRefusal } from "../answers.ts";
import type { Draft } from "../draft.ts";
import type { AssignmentSeen } from "../frames.ts";
import { move, type Move } from "../move.ts";
import { deliverablePath, stepsOf, textArg, type Situation, type Step } from "../situation.ts";
import { apiContract, configJson, modelCard, requirements, type Choice } from "./documents.ts";
import { modulePython } from "./module.py.ts";
import { testsPython } from "./tests.py.ts";

export function wantsModule({ criteria }: Pick<AssignmentSeen, "criteria">): boolean {
  return criteria.some(({ text }) => /\bPython module\b/i.test(text));
}

/** `deliverables/<brief>/module`. */
export function moduleFolder(situation: Situation, frame: AssignmentSeen): string {
  return `${deliverablePath(situation, frame).replace(/\.md$/, "")}/module`;
}

const moduleFiles = ["text_classifier.py", "test_text_classifier.py"] as const;

/** The next step towards it; null where it is done, or not asked for. */
export function integrationDue(draft: Draft): Move | null {
  const { situation, frame } = draft;
  if (!wantsModule(frame) || !situation.tools.has("write_to_file")) return null;
  const folder = moduleFolder(situation, frame);
  const tried = new Set(stepsOf(situation, "write_to_file").map((step) => textArg(step, "path")));
  const next = filesOf(draft).find(([name]) => !tried.has(`${folder}/${name}`));
  if (next) {
    const [name, content] = next;
    return move(`I write ${name}.`, "write_to_file", { path: `${folder}/${name}`, content });
  }
  if (!situation.tools.has("execute_command")) return null;
  const made = commandSteps(situation, folder);
  const command = commandsIn(folder).find((each) => !made.some((step) => sameCommand(step, each)));
  return command ? move("Whether it holds is for Python to say.", "execute_command", { command }) : null;
}

function filesOf(draft: Draft): (readonly [name: string, content: string])[] {
  const choice = choiceOf(draft);
  return [
    ["text_classifier.py", modulePython],
    ["test_text_classifier.py", testsPython],
    ["config.json", configJson(choice)],
    ["requirements.txt", requirements],
    ["API.md", apiContract(choice)],
    ["MODEL_CARD.md", modelCard(choice)],
  ];
}

function choiceOf({ situation, facts }: Draft): Choice {
  const evaluation = facts.evaluations.at(-1) ?? null;
  const labels = (evaluation?.measurements ?? []).flatMap(({ name }) => /^F1 (.+) \([^()]+\)$/.exec(name)?.[1] ?? []);
  return {
    title: situation.brief.title || "text classifier",
    labels: labels.length > 1 ? [...new Set(labels)] : ["first", "second"],
    evaluation,
    inputs: facts.inputs.filter((input) => input.failure === null),
  };
}

/** What Python writes of its own goes beside the workspace, or not at all: the change set holds what was made, no caches. */
function commandsIn(folder: string): string[][] {
  return [
    [
      "python3",
      "-X",
      "pycache_prefix=/tmp/pycache",
      "-m",
      "py_compile",
      ...moduleFiles.map((name) => `${folder}/${name}`),
    ],
    ["python3", "-B", "-m", "unittest", "discover", "-s", folder],
  ];
}

function commandSteps(situation: Situation, folder: string): Step[] {
  return stepsOf(situation, "execute_command").filter((step) => JSON.stringify(step.args).includes(folder));
}

function sameCommand(step: Step, command: readonly string[]): boolean {
  return JSON.stringify(step.args["command"]) === JSON.stringify(command);
}

/** What is to be said of a module that was asked for: why it was not compiled or tested, a sentence each; none where it was. */
export function untried(situation: Situation, frame: AssignmentSeen): string[] {
  const folder = moduleFolder(situation, frame);
  const own = stepsOf(situation, "write_to_file").some((step) => textArg(step, "path").startsWith(`${folder}/`));
  if (!wantsModule(frame) || !own) return [];
  if (!situation.tools.has("execute_command"))
    return ["The Python module was neither compiled nor tested: no command can be run here."];
  return commandSteps(situation, folder).flatMap(({ result }) => {
    if (result === null || result.startsWith("Exit code 0.")) return [];
    const [first = ""] = result.split("\n");
    const why = /Failure class: dependency\. ([^\n]*)/.exec(result)?.[1];
    if (why !== undefined) return [`The Python module was not tried: ${why}`];
    return [
      isRefusal(result)
        ? `A command on the Python module was not run: ${first}`
        : `A command on the Python module failed: ${first}`,
    ];
  });
}
