/**
 * opencode's agents: the file's name is the agent's unless it names itself, `mode` says who may start it, and everything is allowed that is
 * not denied. `permission` is a map there and `permissions` a list; packs write maps under both, and mean the same.
 */
import { entryOf, type YamlEntry, type YamlMap } from "../../documents/yaml-tree.ts";
import { readText, type Source } from "../keys.ts";
import type { RouteDeclaration } from "../mode.ts";
import { proseProblem } from "../route-item.ts";
import { unheld, type Dialect } from "./dialect.ts";
import { fileStem, slugOf } from "./names.ts";

const permissionKeys = ["permission", "permissions"] as const;
const modes = new Set(["primary", "subagent", "all"]);
const silent = ["mode", "temperature", "top_p", "hidden", "color", "variant", "options", "reasoningEffort"] as const;

/** By the tool's or the action's name. */
const groups: Readonly<Record<string, string>> = {
  read: "read",
  grep: "read",
  glob: "read",
  list: "read",
  ls: "read",
  edit: "edit",
  write: "edit",
  patch: "edit",
  multiedit: "edit",
  bash: "command",
  shell: "command",
  webfetch: "browser",
  websearch: "browser",
};

export const opencode: Dialect = {
  name: "opencode",
  title: "an opencode agent",
  recognises: (map, file) => {
    if (/\.agent\.md$/i.test(file)) return false;
    const kindOf = (key: string): string | undefined => entryOf(map, key)?.value.kind;
    if (kindOf("tools") === "map" || kindOf("permission") === "map" || kindOf("permissions") !== undefined) return true;
    if (kindOf("description") === undefined) return false;
    return modes.has(textOf(map, "mode") ?? "") || /(?:^|\/)\.?opencode\/agents?\//.test(file);
  },
  translate: (source, file) => {
    const name = readText(source, "name") ?? fileStem(file);
    const denied = deniedBy(source);
    const turns = ["maxSteps", "steps"].map(
      (key) => [key, "bounds its turns", "Set `limits` in the workflow."] as const,
    );
    const bounds = [...unheld(source, turns), ...patterns(source)];
    const toolGroups = ["read", "edit", "command", "browser", "mcp", "communication"].filter(
      (group) => !denied.has(group),
    );
    return {
      slug: slugOf(name),
      name: readText(source, "title") ?? name,
      model: readText(source, "model"),
      toolGroups,
      routes: routesOf(source),
      read: [
        "name",
        "title",
        "model",
        ...["tools", "permission", "permissions"].filter((key) => !bounds.includes(key)),
      ],
      silent: [...silent, ...bounds],
      spelled: { slug: "name", tool_groups: "permission", delegates_to: "permission" },
    };
  },
};

/** The verbs that stand for their whole group: `edit: deny` covers writing, `write: false` takes only one tool away. */
const whole = new Set(["read", "edit", "bash", "shell", "webfetch"]);

function deniedBy(source: Source): ReadonlySet<string> {
  const last = new Map(
    [...tools(source), ...permission(source), ...permissions(source)].map((rule) => [rule.name, rule.allowed]),
  );
  const denied = ["read", "edit", "command", "browser"].filter((group) => {
    const own = Object.keys(groups).filter((name) => groups[name] === group);
    const said = own.filter((name) => last.has(name));
    if (said.length === 0) return last.get("*") === false;
    return said.every((name) => last.get(name) === false) && said.some((name) => whole.has(name));
  });
  return new Set(denied);
}

type Rule = { readonly name: string; readonly allowed: boolean };

function entriesOf(source: Source, key: string): readonly YamlEntry[] {
  const value = entryOf(source.map, key)?.value;
  return value?.kind === "map" ? value.entries : [];
}

function tools(source: Source): Rule[] {
  return entriesOf(source, "tools").flatMap(({ key, value }) =>
    value.kind === "text" ? [{ name: key, allowed: value.value !== false }] : [],
  );
}

/** What is allowed for some patterns alone is allowed here: a command needs a person's approval or the workflow's word anyway. */
function permission(source: Source): Rule[] {
  return allowances(source).flatMap(({ key, value }): Rule[] => {
    if (value.kind === "text") return [{ name: key, allowed: value.text !== "deny" }];
    if (value.kind !== "map" || key === "task") return [];
    return [
      { name: key, allowed: value.entries.some((each) => each.value.kind === "text" && each.value.text !== "deny") },
    ];
  });
}

/** Of both spellings, in the order of their keys. */
function allowances(source: Source): readonly YamlEntry[] {
  return permissionKeys.flatMap((key) => entriesOf(source, key));
}

/** A pattern that stands for everything bounds nothing further than the word itself. */
function patterns(source: Source): readonly string[] {
  const bounded = ({ key, value }: YamlEntry): boolean =>
    key !== "task" && value.kind === "map" && value.entries.some((each) => !/^\*+(?:\/\*+)?$/.test(each.key));
  const keys = permissionKeys.filter((key) => entriesOf(source, key).some(bounded));
  const instead = "Say in the workflow which commands run without a person.";
  return unheld(
    source,
    keys.map((key) => [key, "allows some patterns and not others", instead] as const),
  );
}

function permissions(source: Source): Rule[] {
  const value = entryOf(source.map, "permissions")?.value;
  return (value?.kind === "list" ? value.items : []).flatMap((item): Rule[] => {
    if (item.kind !== "map" || (textOf(item, "resource") ?? "*") !== "*") return [];
    const action = textOf(item, "action");
    return action === null || action === "task" ? [] : [{ name: action, allowed: textOf(item, "effect") !== "deny" }];
  });
}

function textOf(map: YamlMap, key: string): string | null {
  const value = entryOf(map, key)?.value;
  return value?.kind === "text" ? value.text : null;
}

/**
 * Whom its `task` permission names, by the last part of a path (`subagents/core/scout`), as files are named here. A pattern names nobody
 * in particular, which is said; that everybody may be asked names nobody either, and is opencode's default.
 */
function routesOf(source: Source): RouteDeclaration[] {
  const named = allowances(source).flatMap(({ key, value }) =>
    key === "task" && value.kind === "map" ? value.entries : [],
  );
  return named.flatMap(({ key, line, column, value }): RouteDeclaration[] => {
    if (value.kind !== "text" || value.text === "deny" || key === "*") return [];
    const { file } = source;
    if (/[*?]/.test(key)) {
      source.problems.push(proseProblem({ file, key: "task", text: key, named: [], line, column }));
      return [];
    }
    const to = slugOf(key.split("/").at(-1) ?? key);
    return [{ kind: "delegation", to, purpose: value.comment, file, line, column, origin: "front-matter" }];
  });
}
