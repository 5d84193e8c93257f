/** A task whose inputs are not there is not given out: whoever gets it could only guess, or ask for what its giver did not have either. */
import type { Call } from "../events/event.ts";
import { parsePath } from "../tools/paths.ts";
import { isPathError, openFile, openFolder } from "../tools/safe-files.ts";
import { refuse, type Turn } from "./refusal.ts";

/** Whether the workspace holds each of them; false after the refusal was recorded. An input may say what it is: `data/x.csv: the sample`. */
export function inputsAreThere(turn: Turn, call: Call, inputs: readonly string[]): boolean {
  const { workspaces, run } = turn.context;
  if (inputs.length === 0) return true;
  const root = workspaces.path(run.id);
  const gone = inputs.filter((input) => !isThere(root, input) && !isThere(root, pathOf(input)));
  if (gone.length === 0) return true;
  refuse(turn, call, {
    code: "inputs-missing",
    reason:
      `nothing was given out: the workspace does not hold ${gone.map((input) => `\`${input}\``).join(", ")}. ` +
      "Name inputs by their paths in the workspace, have what is missing made first, or ask for it.",
  });
  return false;
}

function pathOf(input: string): string {
  return input
    .replace(/:\s.*$/s, "")
    .replaceAll(/^`|`$/g, "")
    .trim();
}

function isThere(root: string, text: string): boolean {
  const path = parsePath(text);
  if (!path.ok) return false;
  return opens(() => openFile(root, path.path, { hardLinks: "allow" })) || opens(() => openFolder(root, path.path));
}

function opens(open: () => { close(): void }): boolean {
  try {
    open().close();
    return true;
  } catch (error) {
    if (isPathError(error)) return false;
    throw error;
  }
}
