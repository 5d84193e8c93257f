/** Lint of roles one by one: names, tool groups, models. */
import { didYouMean } from "../../documents/nearest.ts";
import type { Problem } from "../../documents/problem.ts";
import type { Mode } from "../../modes/mode.ts";
import { slugFault } from "../../modes/slug.ts";
import { emptyGroups, toolGroups } from "../../modes/tool-groups.ts";
import type { CompileOptions } from "./options.ts";

/** `kept`: the modes that can be roles, sorted by slug; of modes with one slug the first by file. */
export function lintRoles(
  ordered: readonly Mode[],
  options: CompileOptions,
): { readonly kept: Mode[]; readonly problems: Problem[] } {
  const kept: Mode[] = [];
  const problems: Problem[] = [];
  const bySlug = new Map<string, Mode>();
  for (const mode of ordered) {
    const fault = slugFault(mode.slug);
    const earlier = bySlug.get(mode.slug);
    if (fault !== null) problems.push(malformed(mode, fault));
    else if (earlier) problems.push(duplicate(mode, earlier));
    else {
      bySlug.set(mode.slug, mode);
      kept.push(mode);
    }
    problems.push(...lintGroups(mode), ...lintModel(mode, options), ...lintLevel(mode));
  }
  return { kept, problems };
}

/** A problem at a front matter key of a mode. */
export function atKey(mode: Mode, key: string, problem: Omit<Problem, "file" | "line" | "column">): Problem {
  return { ...problem, file: mode.file, line: mode.keyLines[key] ?? 1, column: 1 };
}

function malformed(mode: Mode, fault: string): Problem {
  return atKey(mode, "slug", {
    code: "slug-malformed",
    severity: "error",
    message: `"${mode.slug.slice(0, 80)}" cannot be a role's slug: ${fault}.`,
    hint: "Rename the role, here and wherever other modes name it.",
  });
}

function duplicate(mode: Mode, earlier: Mode): Problem {
  return atKey(mode, "slug", {
    code: "slug-duplicate",
    severity: "error",
    message: `The slug ${mode.slug} is declared twice: first in ${earlier.file}:${earlier.keyLines["slug"] ?? 1}.`,
    hint: "Rename one of the two, or delete the file that is out of date.",
  });
}

function lintGroups(mode: Mode): Problem[] {
  return mode.toolGroups.flatMap((group) => {
    if (!Object.hasOwn(toolGroups, group)) {
      return atKey(mode, "tool_groups", {
        code: "tool-group-unknown",
        severity: "warning",
        message: `${mode.slug} has the tool group "${group}", which cadre does not know; it brings no tools.`,
        hint: didYouMean(group, Object.keys(toolGroups), `Known groups: ${Object.keys(toolGroups).join(", ")}.`),
      });
    }
    if (!emptyGroups.includes(group)) return [];
    return atKey(mode, "tool_groups", {
      code: "tool-group-empty",
      severity: "info",
      message: `${mode.slug} has the tool group "${group}", which brings no tools yet.`,
    });
  });
}

function lintModel(mode: Mode, options: CompileOptions): Problem[] {
  if (mode.model === null || !options.mappedModels || options.mappedModels.includes(mode.model)) return [];
  return [
    atKey(mode, "api_config", {
      code: "model-unmapped",
      severity: "warning",
      message: `${mode.slug} asks for the model ${mode.model}, which cadre.yaml does not map; the default is used.`,
      hint: didYouMean(
        mode.model,
        options.mappedModels,
        `Map it in cadre.yaml: map: {names: {${mode.model}: <one of models>}}.`,
      ),
    }),
  ];
}

function lintLevel(mode: Mode): Problem[] {
  if (mode.level !== null) return [];
  return [
    atKey(mode, "slug", {
      code: "level-missing",
      severity: "info",
      message: `${mode.slug} has no level, so nothing is known of its rank.`,
      hint: "Add e.g. `level: 037-worker-ai-ml`.",
    }),
  ];
}
