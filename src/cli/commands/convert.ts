/** `cadre convert`: the project's modes in another tool's words, and what that tool will not hold a role to. */
import { resolve } from "node:path";
import { loadProjectModes, type ProjectModes } from "../../modes/project-modes.ts";
import { hasErrors } from "../../documents/problem-order.ts";
import { CadreError } from "../../errors.ts";
import {
  claudeFiles,
  copilotFiles,
  cursorFiles,
  rooFiles,
  type WrittenFile,
} from "../../modes/writing/dialect-text.ts";
import { counted } from "../../views/counted.ts";
import type { Context } from "../context.ts";
import { choice, flag, option, type Input } from "../input.ts";
import { writeNewFiles } from "../write-files.ts";

const targets = ["claude", "copilot", "roo", "cursor"] as const;
type Target = (typeof targets)[number];

const writers: Readonly<Record<Target, (project: ProjectModes) => readonly WrittenFile[]>> = {
  claude: ({ modes }) => claudeFiles(modes),
  copilot: ({ modes }) => copilotFiles(modes),
  roo: ({ modes }) => rooFiles(modes),
  cursor: ({ rules }) => cursorFiles(rules),
};

/** What is not said in the other tool's own words: it stands in the files, and nothing there holds a role to it. */
const lost: Readonly<Record<Target, readonly string[]>> = {
  claude: [
    "delegations are enforced as Agent(…) for an agent that runs as the main one; escalations, reports and all purposes are text",
    "rules packs are not written: name them in CLAUDE.md",
  ],
  copilot: [
    "delegations are `agents` and hand-offs, which a person confirms; escalations and reports are text",
    "rules packs are not written: name them in .github/copilot-instructions.md",
  ],
  roo: [
    "routes and purposes are text: any mode can switch to any other",
    "rules packs are not written: put them into .roo/rules/",
  ],
  cursor: [
    "roles and routes are not written: there are only rules there",
    "a rules pack holds for the whole project, not for one role",
  ],
};

/** Errors: usage, folder-missing, folder-empty, chart-invalid (a mode that cannot be read). */
export async function convert(context: Context, input: Input): Promise<number> {
  if (option(input, "to") === undefined) {
    throw new CadreError("usage", "convert needs --to: claude, copilot, roo or cursor", {
      hint: `for example ${context.command("convert --to claude")}`,
    });
  }
  const to = choice(input, "to", targets, "claude");
  const project = await loadProjectModes(context.dir);
  if (hasErrors(project.problems)) {
    throw new CadreError(
      "chart-invalid",
      "the modes have errors; a role that cannot be read would be missing without a word",
      {
        hint: `${context.command("lint")} lists them`,
        data: { problems: project.problems },
      },
    );
  }
  const files = writers[to](project);
  const folder = resolve(context.dir, option(input, "out") ?? ".");
  const dry = flag(input, "dryRun");
  const written = dry ? [] : writeNewFiles(folder, files, { force: flag(input, "force") });
  const { output } = context;
  if (output.json) {
    output.document({
      schema: "cadre.convert/1",
      to,
      folder,
      files: files.map(({ path }) => path),
      written,
      lost: lost[to],
    });
    return 0;
  }
  for (const { path } of files) output.line(path);
  output.note(
    dry
      ? `${counted(files.length, "file")} would be written to ${folder}; nothing was`
      : `${counted(written.length, "file")} written to ${folder}`,
  );
  for (const what of lost[to]) output.note(`not held there: ${what}`);
  return 0;
}
