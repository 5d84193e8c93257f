/**
 * Every rule that `cadre lint` knows, by the code of the problem that it reports. `docs/lint.md` shows each with a bad and a good example,
 * and a test runs them.
 *
 * S1. A severity can be set in cadre.yaml where the file can be used in spite of the finding. What cannot be read stays an error: it would
 *     be missing from the chart, and nobody would have been told.
 */
type Rule = {
  /** Whether cadre.yaml may set its severity (S1). */
  readonly settable: boolean;
  /** What the rule wants, in a sentence. */
  readonly wants: string;
};

const fixed = (wants: string): Rule => ({ settable: false, wants });
const settable = (wants: string): Rule => ({ settable: true, wants });

export const rules = {
  // Files
  "file-missing": fixed("A file that is named is there."),
  "file-folder": fixed("A file that is named is no folder."),
  "file-unreadable": fixed("Files can be read."),
  "file-special": fixed("Files are files, no pipes and no devices."),
  "file-too-large": fixed("A role file is at most 256 KB."),
  "file-binary": fixed("Role files are text."),
  "file-not-utf8": fixed("Role files are UTF-8."),
  "file-outside": settable("Links stay inside the folder that is read."),
  "folder-unreadable": fixed("Folders can be read."),
  "folder-too-large": fixed("A folder of modes is no home folder."),
  "not-a-role": settable("Files among the modes describe roles."),
  // Front matter
  "front-matter-language": fixed("Front matter is YAML, or TOML between `+++`; nothing else is read."),
  "front-matter-unclosed": fixed("Front matter is closed by the line that opened it."),
  "front-matter-too-large": fixed("Front matter is at most 64 KB."),
  "front-matter-shape": fixed("Front matter is a map of keys and values."),
  "yaml-invalid": fixed("Front matter is valid YAML."),
  "yaml-too-deep": fixed("Front matter is nested 50 levels deep at most."),
  "yaml-line-too-long": fixed("A line of front matter is of a length that people read."),
  "yaml-too-large": fixed("Front matter holds 10,000 values at most, aliases expanded."),
  "yaml-duplicate-key": fixed("A key stands once."),
  "yaml-key": fixed("Keys are plain words that mean nothing to JavaScript."),
  "yaml-plain-text": settable("Texts of other tools' agents are YAML: one with `: ` in it stands in quotes."),
  "yaml-tag": settable("Values have no tags: they are read as text."),
  "toml-invalid": fixed("Front matter between `+++` is valid TOML."),
  "key-shape": fixed("Values have the shape that their key needs."),
  "key-unknown": settable("Keys are known: a misspelled one has no effect."),
  mojibake: settable("Letters are whole: none was garbled by a wrong encoding."),
  // Roles
  "slug-missing": fixed("A role has a slug."),
  "slug-malformed": fixed("A slug is lower-case letters, digits and hyphens."),
  "slug-duplicate": fixed("A slug names one role."),
  "level-missing": settable("A role has a level, so that its rank is known."),
  "level-spelling": settable("Levels are spelled like `037-worker-ai-ml`."),
  "metadata-contradiction": settable("Front matter and body say the same."),
  "knowledge-outside": settable("Knowledge files lie in the project."),
  "tool-group-unknown": settable("Tool groups are known: an unknown one brings no tools."),
  "tool-group-empty": settable("Tool groups bring tools."),
  "tool-without-counterpart": settable("Tools of another tool's agents have a group here."),
  "tools-inherited": settable("Roles say what they may do: no ceiling is all of them."),
  "restriction-not-held": settable("What bounds a role elsewhere is held here as well."),
  "model-unmapped": settable("Models that modes ask for are mapped in cadre.yaml."),
  // Routes
  "route-unknown-target": settable("Routes lead to roles that exist."),
  "route-to-self": settable("A role does not route to itself."),
  "route-delegates-to-user": settable("Nobody delegates to the person who started the run."),
  "route-duplicate": settable("A route is declared once."),
  "route-key-unknown": settable("A route in data form has `to` and `when`."),
  "route-in-body": settable("Routes stand in the front matter, where every tool reads them."),
  "route-in-prose": settable("A list of routes names roles by their slugs."),
  "purpose-missing": settable("A route says what it is for."),
  "purpose-shared": settable("No two routes of a role are for the same."),
  "escalation-downward": settable("Escalations go to the same rank or a higher one."),
  "delegation-upward": settable("Delegations go to the same rank or a lower one."),
  // The chart as a whole
  "no-way-up": fixed("From every role, escalations reach a person."),
  "escalation-cycle": fixed("No circle of escalations is without a person."),
  "escalation-circle": settable("Escalations do not go in circles."),
  "escalation-dead-end": settable("Whoever is asked can hand the question on, to somebody other than the asker."),
  "role-unreached": settable("Every role is reached by a delegation or an escalation."),
  "role-hub": settable("No role is the way of everything."),
  "brief-unserved": settable("For every brief there is a route whose purpose has to do with it."),
  // Workflows
  "workflow-invalid": fixed("Workflows can be loaded."),
  "workflow-shape": fixed("A workflow has the keys and values that it may have."),
  "workflow-unknown-role": fixed("A workflow names roles that exist."),
  "workflow-unknown-tool": fixed("A workflow names tools that exist."),
  "workflow-unknown-tool-group": fixed("A workflow names tool groups that exist."),
  "workflow-unknown-rules-pack": fixed("A workflow names rules packs that exist."),
  "workflow-unknown-mcp-tool": fixed("A workflow names MCP tools that cadre.yaml lists."),
  "workflow-unknown-licence": fixed("A workflow names licences that are known."),
  "approver-is-no-person": fixed("Whoever approves is a person."),
  "quorum-out-of-reach": fixed("A quorum can be reached."),
  "verifier-is-author": fixed("Whoever verifies has made no part of the work."),
  // cadre.yaml
  "config-unreadable": fixed("cadre.yaml can be read."),
  "config-unknown-key": fixed("cadre.yaml has known keys only."),
  "config-value": fixed("The values in cadre.yaml are of their kind."),
  "config-literal-token": fixed("cadre.yaml names the variable that holds a token, never the token."),
  // Briefs
  "brief-too-large": fixed("A brief is at most 64 KB."),
  "brief-no-task": fixed("A brief says what is to be done."),
  "brief-front-matter": fixed("A brief's front matter has the keys that it may have."),
  "brief-input-unclear": settable("An input is a path and nothing else."),
  "brief-input-outside": fixed("A brief's inputs lie in the project."),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleCode = keyof typeof rules;

export const settableRules = (Object.keys(rules) as RuleCode[]).filter((code) => rules[code].settable);
