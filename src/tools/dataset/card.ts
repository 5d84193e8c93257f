/** What is told of a prepared data set: its card, its manifest, and the settings of a training that nobody has started. Pure. */
import { canonicalJson } from "../../canonical.ts";
import { generatorName } from "../evaluate/random.ts";
import type { PrepareArgs } from "./arguments.ts";
import { labelCounts, partNames, type Divided, type PartName } from "./split-groups.ts";

export type Prepared = {
  readonly version: string;
  readonly folder: string;
  readonly source: { readonly path: string; readonly sha256: string; readonly rows: number };
  readonly duplicates: number;
  readonly contradictory: number;
  readonly divided: Divided;
  readonly args: PrepareArgs;
  readonly format: "csv" | "jsonl";
  /** Names of the parts that were written, with the sha256 of each. */
  readonly files: readonly { readonly part: PartName; readonly name: string; readonly sha256: string }[];
};

export function datasetCard(facts: Prepared): string {
  const { args, source, divided, files } = facts;
  const labels = [...new Set(partNames.flatMap((part) => labelCounts(divided.parts[part]).map(([label]) => label)))];
  const counts = (part: PartName): string[] => {
    const own = new Map(labelCounts(divided.parts[part]));
    return labels.map((label) => String(own.get(label) ?? 0));
  };
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const header = ["part", "rows", ...(args.label_column === null ? [] : labels), "sha256"];
  return [
    frontMatter(facts),
    `# ${title(facts)}`,
    `Prepared from \`${source.path}\` (sha256 \`${source.sha256}\`), version \`${facts.version}\`: a hash of what it was made from and of how.`,
    "## Parts",
    [
      line(header),
      line(header.map(() => "---")),
      ...files.map(({ part, sha256 }) =>
        line([
          part,
          String(divided.parts[part].length),
          ...(args.label_column === null ? [] : counts(part)),
          `\`${sha256.slice(0, 12)}\``,
        ]),
      ),
    ].join("\n"),
    "## How it was made",
    [
      `- ${source.rows} rows read; ${facts.duplicates} duplicates and ${facts.contradictory} rows whose text also carries another label were left out.`,
      `- ${divided.near.length} pairs of texts share at least ${args.near_duplicate} of their character 5-grams; each pair lies in one part.`,
      args.group_column === null
        ? "- No column says which rows belong together: if several come from one author or document, that is not seen here."
        : `- Rows with the same \`${args.group_column}\` lie in one part.`,
      `- ${divided.groups} groups of rows, drawn with seed ${args.seed} (${generatorName}) in the shares ${args.shares.train}, ${args.shares.validation} and ${args.shares.test}${args.label_column === null ? "" : `, each \`${args.label_column}\` in its share`}.`,
      "- Checked afterwards: no text, no near-duplicate and no group lies in two parts.",
    ].join("\n"),
    "## Licence and limits",
    [
      args.licence === "unknown"
        ? "- The licence of the data is unknown: it is to be settled before anything is trained on it or published."
        : `- Licence, as whoever prepared it says: ${args.licence}.`,
      "- Whether the texts hold personal data was not examined here.",
      "- What stands for the same thing in other words is no near-duplicate by this measure.",
    ].join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}

function title({ source }: Prepared): string {
  return (source.path.split("/").at(-1) ?? source.path).replace(/\.[a-z]+$/i, "");
}

/** As the Hub reads it. */
function frontMatter({ args, files, divided }: Prepared): string {
  const total = partNames.reduce((sum, part) => sum + divided.parts[part].length, 0);
  const size = total < 1000 ? "n<1K" : total < 10_000 ? "1K<n<10K" : "10K<n<100K";
  return [
    "---",
    `license: ${args.licence === "unknown" ? "unknown" : JSON.stringify(args.licence)}`,
    ...(args.language.length > 0 ? [`language: [${args.language.join(", ")}]`] : []),
    ...(args.label_column === null ? [] : ["task_categories: [text-classification]"]),
    `size_categories: ["${size}"]`,
    "configs:",
    "  - config_name: default",
    "    data_files:",
    ...files.map(({ part, name }) => `      - {split: ${part}, path: ${name}}`),
    "---",
  ].join("\n");
}

export function manifest(facts: Prepared): string {
  const { version, source, args, divided, files, duplicates, contradictory } = facts;
  return canonicalJson({
    schema: "cadre.dataset/1",
    version,
    source,
    settings: settingsOf(args),
    duplicates,
    contradictory,
    near_pairs: divided.near.length,
    groups: divided.groups,
    parts: files.map(({ part, name, sha256 }) => ({ part, name, sha256, rows: divided.parts[part].length })),
  }).concat("\n");
}

/** What decides which row is where. */
export function settingsOf(args: PrepareArgs): Record<string, unknown> {
  const { text_column, label_column, group_column, shares, near_duplicate, seed } = args;
  return { text_column, label_column, group_column, shares, near_duplicate, seed, generator: generatorName };
}

/** The settings of a training, outside of any code. Nothing here starts one. */
export function trainingConfig(facts: Prepared): string | null {
  const { training } = facts.args;
  if (!training) return null;
  const file = (part: PartName): string => facts.files.find((each) => each.part === part)?.name ?? "";
  return [
    "# Settings of a training that nobody has started. Whether it may start is decided by a role above: a command that",
    "# reads this file is refused until a question about it was answered in the run, and is then put to a person.",
    "schema: cadre.training/1",
    "model:",
    `  base: ${JSON.stringify(training.base_model)}`,
    `  revision: ${JSON.stringify(training.revision)}`,
    "data:",
    `  version: ${JSON.stringify(facts.version)}`,
    `  train: ${file("train")}`,
    ...(file("validation") === "" ? [] : [`  validation: ${file("validation")}`]),
    "  # The test part is not for training, nor for choosing between its results.",
    `  text_column: ${JSON.stringify(facts.args.text_column)}`,
    ...(facts.args.label_column === null ? [] : [`  label_column: ${JSON.stringify(facts.args.label_column)}`]),
    "training:",
    `  learning_rate: ${training.learning_rate}`,
    `  batch_size: ${training.batch_size}`,
    `  epochs: ${training.epochs}`,
    `  seed: ${training.seed}`,
    `compute: ${JSON.stringify(training.compute)}`,
    "",
  ].join("\n");
}
