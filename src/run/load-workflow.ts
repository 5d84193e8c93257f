/**
 * Workflow files: TypeScript of the team's own in `graphs/`, run by Node itself; only their plain data is taken.
 * Unlike modes, a workflow is code, so it is loaded only from the project's own folder.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { sha256 } from "../canonical.ts";
import { diskFault } from "../documents/file.ts";
import { CadreError } from "../errors.ts";
import type { BoundChart } from "../org/bound-chart.ts";

export type LoadedWorkflow = {
  /** File name without extension: how a run refers to it. */
  readonly name: string;
  /** Relative to the project. */
  readonly file: string;
  /** The exported `workflow`, unchecked. */
  readonly data: unknown;
  readonly places: BoundChart["places"];
};

const extension = /\.(ts|mts|js|mjs)$/;

/** Names of the workflows in `graphs/`, sorted. */
export function workflowNames(project: string): string[] {
  const folder = join(project, "graphs");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter(isWorkflowFile).map(workflowName).toSorted();
}

/** `file`: a name or a path. */
export function isWorkflowFile(file: string): boolean {
  return extension.test(file) && !file.endsWith(".d.ts");
}

export function workflowName(file: string): string {
  return basename(file).replace(extension, "");
}

/** Which one is meant where none is named. */
export function usualWorkflow(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : names.find((each) => each === "feature-workflow");
}

/** Null where the project has no workflow and none was named. Errors: `workflow-invalid`. */
export async function loadWorkflow(project: string, name?: string): Promise<LoadedWorkflow | null> {
  const names = workflowNames(project);
  const wanted = name ?? usualWorkflow(names);
  if (wanted === undefined) {
    if (names.length === 0) return null;
    throw new CadreError("workflow-invalid", `graphs/ holds ${names.length} workflows and none was named`, {
      hint: `Name one: --workflow ${names.join(" | ")}`,
    });
  }
  const path = readdirSafely(join(project, "graphs")).find(
    (each) => each.replace(extension, "") === wanted && extension.test(each),
  );
  if (path === undefined) {
    throw new CadreError("workflow-invalid", `there is no workflow "${wanted}" in graphs/`, {
      hint: names.length > 0 ? `There is: ${names.join(", ")}.` : "`cadre init` writes one.",
    });
  }
  const full = join(project, "graphs", path);
  const file = relative(project, full);
  const text = readFileSync(full, "utf8");
  const exported = await importWorkflow(full, file, text);
  if (exported === undefined)
    throw new CadreError("workflow-invalid", `${file} exports no \`workflow\``, {
      place: { file, line: 1 },
      hint: "Export it: `export const workflow = { name, entry, … }`.",
      data: { exports: "no workflow" },
    });
  return { name: workflowName(full), file, data: exported, places: placesOf(text, file) };
}

function readdirSafely(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/**
 * Node keeps a module for as long as the process lives, and a failed one too; the text's hash in the URL makes an edited file another
 * module, so that a process that stays notices it (D9). What the file itself imports is not read again.
 */
async function importWorkflow(full: string, file: string, text: string): Promise<unknown> {
  hookModules();
  folders.add(pathToFileURL(join(dirname(full), "/")).href);
  try {
    const url = pathToFileURL(full);
    url.searchParams.set("v", sha256(text).slice(0, 12));
    const module = (await import(/* @vite-ignore */ url.href)) as { workflow?: unknown };
    return module.workflow;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EIO") throw diskFault(error, file);
    throw new CadreError(
      "workflow-invalid",
      `${file} could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { place: { file, line: 1 }, cause: error },
    );
  }
}

const keys = ["entry", "staffing", "grants", "rules", "approvals", "commands", "signOff", "limits", "deadlineMinutes"];

/** Where the file says what, read from its text: good enough to cite, and never wrong about the file. */
function placesOf(text: string, file: string): BoundChart["places"] {
  const lines = text.split("\n");
  const lineOf = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line)) + 1;
  const places: Record<string, { file: string; line: number }> = {
    workflow: { file, line: Math.max(1, lineOf(/\bworkflow\b/)) },
  };
  for (const key of keys) {
    const line = lineOf(new RegExp(`^\\s*${key}\\s*:`));
    if (line > 0) places[key] = { file, line };
  }
  return places;
}

let hooked = false;

/** The `graphs/` of every project whose workflow was loaded, as URLs that end in a slash. */
const folders = new Set<string>();
const scripts = /\.(ts|js)$/;
const moduleSyntax = /^\s*(?:export|import)\b/m;

/**
 * A user's `graphs/*.ts` may import "cadre" without having installed it: it then gets the one that is running. And it is a module whatever
 * the nearest package.json says: a shop whose own code is CommonJS ("type": "commonjs", which `npm init` writes) has workflows like any other.
 */
function hookModules(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier !== "cadre" && specifier !== "cadre/testing") return nextResolve(specifier, context);
      try {
        return nextResolve(specifier, context);
      } catch {
        const entry = specifier === "cadre" ? "index.js" : "testing.js";
        return { url: pathToFileURL(join(packageRoot(), "dist", entry)).href, shortCircuit: true };
      }
    },
    load(url, context, nextLoad) {
      const format = isModuleOfWorkflows(url)
        ? { format: /\.ts(?:[?#]|$)/.test(url) ? "module-typescript" : "module" }
        : {};
      return nextLoad(url, { ...context, ...format });
    },
  });
}

function isModuleOfWorkflows(url: string): boolean {
  const file = url.replace(/[?#].*$/, "");
  if (!scripts.test(file) || ![...folders].some((folder) => file.startsWith(folder))) return false;
  return moduleSyntax.test(readFileSync(fileURLToPath(file), "utf8"));
}

/** The folder that holds cadre's own package.json. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
