/**
 * One role file to its modes, whatever dialect it is in. Pure, and never throws for what the text contains (R5: nothing is executed either).
 * What concerns only this file is reported here; what needs the other files is `org`'s business.
 *
 * M1. The dialect is told by the content: cadre's own key `slug` first, then what only one dialect has.
 * M2. What is no role is said to be none, with the reason; nothing is passed over without a word.
 */
import { readMarkdown, type MarkdownDocument } from "../documents/front-matter.ts";
import { mojibakeProblems } from "../documents/mojibake.ts";
import { hasErrors } from "../documents/problem-order.ts";
import type { Problem } from "../documents/problem.ts";
import { entryOf, parseYaml, type YamlMap } from "../documents/yaml-tree.ts";
import { buildMode, type Body } from "./build-mode.ts";
import { claude, isNoAgent } from "./dialects/claude.ts";
import { copilot } from "./dialects/copilot.ts";
import type { Dialect, Translation } from "./dialects/dialect.ts";
import { opencode } from "./dialects/opencode.ts";
import { quotePlainTexts } from "./dialects/plain-texts.ts";
import { rooToml } from "./dialects/roo-toml.ts";
import { modesIn, roomodes } from "./dialects/roomodes.ts";
import { knownKeys, readText, type Source } from "./keys.ts";
import type { Mode } from "./mode.ts";

export type RoleFile = {
  readonly modes: readonly Mode[];
  readonly problems: Problem[];
  /** Why the file holds no role, where it does not try to; null where it does, however badly. */
  readonly notARole: string | null;
};

const cadre: Dialect = {
  name: "cadre",
  title: "a mode",
  recognises: (map) => entryOf(map, "slug") !== undefined,
  translate: (source): Translation | null => {
    const slug = readText(source, "slug");
    return slug === null ? null : { slug, read: [] };
  },
};

/** In the order in which they are tried (M1): who has a key of its own comes before who has only common ones. */
const yamlDialects: readonly Dialect[] = [cadre, opencode, copilot, claude];

/** `file` is the path that problems and rules cite. */
export function readRoleFile(text: string, file: string): RoleFile {
  return isCollection(file) ? readCollection(text, file) : readDocument(text, file);
}

/** By its name: YAML and JSON hold many modes, or none. */
export function isCollection(file: string): boolean {
  return /(?:^|\/)\.roomodes$|\.(?:ya?ml|json)$/i.test(file);
}

/** A file with one mode in cadre's own words. `mode` is null when the front matter cannot be used. */
export function readMode(text: string, file: string): { readonly mode: Mode | null; readonly problems: Problem[] } {
  const { modes, problems, notARole } = readDocument(text, file);
  return { mode: modes[0] ?? null, problems: notARole === null ? problems : [...problems, noRole(file, notARole)] };
}

/** For a file that was meant to be a role, because it was named or lies among the project's own. */
export function noRole(file: string, reason: string): Problem {
  return {
    code: "not-a-role",
    severity: "error",
    message: `${file} describes no role: ${reason}.`,
    file,
    line: 1,
    column: 1,
    hint: 'A mode starts with a line "---", then at least `slug: my-role`, then "---".',
  };
}

function readDocument(text: string, file: string): RoleFile {
  const garbled = mojibakeProblems(text, file);
  const document = readMarkdown(text, file);
  if (!hasErrors(document.problems)) return readRole(document, file, garbled);
  return (
    readPlainTexts(text, file, document, garbled) ?? {
      modes: [],
      problems: [...document.problems, ...garbled],
      notARole: null,
    }
  );
}

/** Only of other tools' agents: whoever writes a mode is told what to mend. */
function readPlainTexts(
  text: string,
  file: string,
  document: MarkdownDocument,
  garbled: readonly Problem[],
): RoleFile | null {
  if (document.problems.some(({ code }) => code !== "yaml-invalid")) return null;
  const quoted = quotePlainTexts(text, file);
  if (quoted === null) return null;
  const again = readMarkdown(quoted.text, file);
  const map = again.frontMatter;
  if (!map || hasErrors(again.problems) || yamlDialects.find((each) => each.recognises(map, file)) === cadre)
    return null;
  return readRole(again, file, [...quoted.problems, ...garbled]);
}

function readRole(document: MarkdownDocument, file: string, garbled: readonly Problem[]): RoleFile {
  const problems = [...document.problems, ...garbled];
  const map = document.frontMatter;
  if (!map)
    return {
      modes: [],
      problems: [...garbled],
      notARole: document.language ? "its front matter is empty" : "it has no front matter",
    };
  if (isNoAgent(map, file))
    return { modes: [], problems: [], notARole: "it is a skill, a command or a rule, by its name or keys" };
  const dialect = document.language === "toml" ? rooToml : yamlDialects.find((each) => each.recognises(map, file));
  if (!dialect?.recognises(map, file)) return withoutSlug(map, file, problems);
  return readOne({ map, file, problems }, dialect, { text: document.body, line: document.bodyLine });
}

function readOne(source: Source, dialect: Dialect, below: Body): RoleFile {
  const said = dialect.translate(source, source.file);
  const { problems } = source;
  if (said === null || said.slug === "")
    return { modes: [], problems: [...problems, slugMissing(source, dialect)], notARole: null };
  return { modes: [buildMode(source, dialect.name, said, below)], problems, notARole: null };
}

/** `.roomodes` and what else is YAML or JSON from its first line. */
function readCollection(text: string, file: string): RoleFile {
  if (!/roleDefinition|customModes/.test(text))
    return { modes: [], problems: [], notARole: "it holds no `customModes`" };
  const { tree, problems } = parseYaml(text, file);
  if (hasErrors(problems)) return { modes: [], problems, notARole: null };
  const maps = tree && modesIn(tree);
  if (!maps) return { modes: [], problems: [], notARole: "it holds no `customModes`" };
  const read = maps.map((map) => readOne({ map, file, problems: [] }, roomodes, { text: "", line: map.line }));
  return {
    modes: read.flatMap(({ modes }) => modes),
    problems: [...problems, ...mojibakeProblems(text, file), ...read.flatMap((each) => each.problems)],
    notARole: null,
  };
}

/** Keys that only cadre's modes have say that one was meant; others say nothing. */
function withoutSlug(map: YamlMap, file: string, problems: Problem[]): RoleFile {
  const meant = map.entries.filter(({ key }) => knownKeys.has(key) && !["name", "description", "tags"].includes(key));
  const slug = entryOf(map, "slug");
  if (meant.length === 0 && !slug) {
    const keys = map.entries.slice(0, 4).map(({ key }) => `"${key}"`);
    return { modes: [], problems, notARole: `its keys (${keys.join(", ")}) are no role's` };
  }
  return { modes: [], problems: [...problems, slugMissing({ map, file, problems: [] }, cadre)], notARole: null };
}

function slugMissing({ map, file }: Source, dialect: Dialect): Problem {
  const entry = entryOf(map, "slug") ?? entryOf(map, "id") ?? entryOf(map, "name");
  return {
    code: "slug-missing",
    severity: "error",
    message:
      dialect.name === "cadre"
        ? "The front matter names no role: the key slug is missing or empty."
        : `No slug can be made of what names this role (${dialect.title}).`,
    file,
    line: entry?.line ?? 1,
    column: entry?.column ?? 1,
    hint: "Add `slug: my-role`.",
  };
}
