/**
 * `prepare_dataset`: a sample in the workspace divided into train, validation and test, or a division that is there already checked for leaks.
 *
 * D1. What it writes follows from the sample and the arguments alone: to run it again writes the same bytes to the same places.
 * D2. A version is a folder named by a hash of what it was made from and how; another version never overwrites it.
 * D3. What was divided is checked like what came divided: a leak is a failure, and nothing is written.
 */
import { z } from "zod";
import { hashOf, sha256 } from "../../canonical.ts";
import type { FileChange } from "../../events/event.ts";
import { answering, done, failed, isOutcome, pathOr } from "../answer.ts";
import { slugOf } from "../evaluate/files.ts";
import { dataFailure, withFailure } from "../failure.ts";
import { liesIn } from "../paths.ts";
import { decodeText, readWhole } from "../read-bytes.ts";
import { isPathError } from "../safe-files.ts";
import type { Tool, ToolContext, ToolOutcome } from "../tool.ts";
import { currentHash, writeWhole } from "../write-whole.ts";
import { prepareArgs, type PrepareArgs } from "./arguments.ts";
import { datasetCard, manifest, settingsOf, trainingConfig, type Prepared } from "./card.ts";
import { leaksBetween, leakText } from "./leaks.ts";
import { mostCompared, TooManyAlike } from "./near.ts";
import { cleaned, divided, labelCounts, partNames, type PartName } from "./split-groups.ts";
import { readTable, type DataTable } from "./table.ts";

const fileLimit = 20 * 1024 * 1024;
const rowLimit = 50_000;
const fewestRows = 10;
/** So many leaks are named; the others are counted. */
const leaksNamed = 10;

const preparedSchema = z.record(z.string(), z.string().nullable());

export const prepareDatasetTool: Tool<PrepareArgs> = {
  name: "prepare_dataset",
  description:
    "Divide a sample in the workspace into train, validation and test by seed: duplicates left out, near-duplicates and groups kept on one side, labels in their shares; " +
    "writes the parts, a data set card and a manifest under datasets/, in a folder named by the version, and training.yaml where its settings are given. " +
    "Or check a data set that is divided already: a leak between its parts is a failure. It starts no training.",
  schema: prepareArgs,
  access: "effect",
  prepare: async (context, given) => {
    const plan = await planned(context, given);
    return isOutcome(plan) ? {} : Object.fromEntries(plan.files.map(([path]) => [path, hashBefore(context, path)]));
  },
  probe: () => Promise.resolve({ state: "not-done" }),
  run: (context, given, before) => answering(context, () => prepareOrCheck(context, given, before)),
};

/** Rows of which too many look alike are an answer, as every other sample that cannot be divided is. */
function unlessAlike<Made>(make: () => Made): Made | ToolOutcome {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TooManyAlike)) throw error;
    return unusable(
      `Too many rows look alike: more than ${mostCompared.toLocaleString("en")} pairs of them would have to be compared. Leave out what the texts have in common, such as a template's words, or take a part of the rows.`,
    );
  }
}

async function prepareOrCheck(context: ToolContext, given: PrepareArgs, before: unknown): Promise<ToolOutcome> {
  const { parts } = given;
  if (parts !== undefined) return unlessAlike(() => check(context, given, parts));
  const plan = await planned(context, given);
  if (isOutcome(plan)) return plan;
  const known = preparedSchema.parse(before ?? {});
  const files = plan.files.map(([path, content]): FileChange => {
    const was = known[path] ?? null;
    return { path, before: was, after: writeWhole(context.workspace, path, Buffer.from(content, "utf8")) };
  });
  return told(context, plan.facts, files);
}

type Plan = { readonly facts: Prepared; readonly files: readonly (readonly [path: string, content: string])[] };

/** What would be written; an outcome where there is nothing to write. */
async function planned(context: ToolContext, given: PrepareArgs): Promise<Plan | ToolOutcome> {
  let plan: Plan | undefined;
  const outcome = await answering(context, () => {
    const made = unlessAlike(() => divisionOf(context, given));
    if (isOutcome(made)) return made;
    plan = made;
    return done("");
  });
  return plan ?? outcome;
}

function divisionOf(context: ToolContext, given: PrepareArgs): Plan | ToolOutcome {
  const table = open(context, given, given.dataset ?? "");
  if (isOutcome(table)) return table;
  const { rows, duplicates, contradictory } = cleaned(table.rows);
  if (rows.length < fewestRows)
    return failed(
      `Nothing was divided. ${table.path} has ${rows.length} different texts; ${fewestRows} are the least.`,
    );
  const { seed, shares, near_duplicate: threshold } = given;
  const result = divided(rows, { seed, shares, threshold });
  const empty = partNames.find((part) => shares[part] > 0 && result.parts[part].length === 0);
  if (empty !== undefined)
    return failed(
      `Nothing was divided. What belongs together, or has a label of its own, leaves no rows for the part "${empty}"; give another label_column or group_column, or other shares.`,
    );
  const version = hashOf({ sha256: table.sha256, settings: settingsOf(given) }).slice(0, 12);
  const folder = `datasets/${slugOf(table.path)}/${version}`;
  const problem = writingProblem(context, folder);
  if (problem !== null) return failed(`Nothing was divided: ${problem}.`);
  const contents = partNames.flatMap((part) => {
    const own = result.parts[part];
    if (own.length === 0) return [];
    const content = [...(table.header === null ? [] : [table.header]), ...own.map((row) => row.raw)]
      .join("\n")
      .concat("\n");
    return [{ part, name: `${part}.${table.format}`, content, sha256: sha256(content) }];
  });
  const facts: Prepared = {
    version,
    folder,
    source: { path: table.path, sha256: table.sha256, rows: table.rows.length },
    duplicates,
    contradictory,
    divided: result,
    args: given,
    format: table.format,
    files: contents.map(({ part, name, sha256: hash }) => ({ part, name, sha256: hash })),
  };
  const leaks = leaksBetween(
    contents.map(({ part, name }) => ({ ...table, path: name, rows: result.parts[part] })),
    threshold,
  );
  if (leaks.length > 0) throw new TypeError(`a division leaks: ${leakText(leaks[0] as (typeof leaks)[number])}`); // D3
  const training = trainingConfig(facts);
  return {
    facts,
    files: [
      ...contents.map(({ name, content }) => [`${folder}/${name}`, content] as const),
      [`${folder}/README.md`, datasetCard(facts)],
      [`${folder}/dataset.json`, manifest(facts)],
      ...(training === null ? [] : [[`${folder}/training.yaml`, training] as const]),
    ],
  };
}

function unusable(reason: string): ToolOutcome {
  return withFailure(failed(reason), dataFailure(reason));
}

type OpenedTable = DataTable & { readonly sha256: string };

function open(context: ToolContext, given: PrepareArgs, path: string): OpenedTable | ToolOutcome {
  const parsed = pathOr(path);
  if (isOutcome(parsed)) return parsed;
  const bytes = readWhole(context.workspace, parsed.path, fileLimit);
  const content = decodeText(bytes);
  if (content === undefined) return unusable(`${parsed.path} is not UTF-8 text.`);
  const { text_column: text, label_column: label, group_column: group } = given;
  const table = readTable(parsed.path, content, { text, label, group });
  if (!table.ok) return unusable(`${table.reason}.`.replace(/([.?])\.$/, "$1"));
  if (table.value.rows.length > rowLimit)
    return failed(
      `${parsed.path} has ${table.value.rows.length} rows; ${rowLimit} are the most that are looked at here.`,
    );
  return { ...table.value, sha256: sha256(bytes) };
}

function writingProblem({ writable }: ToolContext, folder: string): string | null {
  if (writable === null || writable.some((own) => liesIn(folder, own))) return null;
  return "this task may not write to datasets/, because others are at work at the same time";
}

function hashBefore({ workspace }: ToolContext, path: string): string | null {
  try {
    return currentHash(workspace, path);
  } catch (error) {
    if (isPathError(error)) return null;
    throw error;
  }
}

function told({ key }: ToolContext, facts: Prepared, files: readonly FileChange[]): ToolOutcome {
  const { divided: made, args, version, folder, source, duplicates, contradictory } = facts;
  const counts = facts.files.map(({ part }) => {
    const labels = labelCounts(made.parts[part]).map(([label, count]) => `${label} ${count}`);
    return `- ${part}: ${made.parts[part].length} rows${args.label_column === null ? "" : ` (${labels.join(", ")})`}`;
  });
  const measurements = [
    ...facts.files.map(({ part }) => ({ name: `${part} rows`, value: made.parts[part].length, unit: "rows" })),
    { name: "duplicates left out", value: duplicates, unit: "rows" },
    { name: "rows with contradictory labels left out", value: contradictory, unit: "rows" },
    { name: "near-duplicate pairs kept together", value: made.near.length, unit: "pairs" },
    { name: "leaks between parts", value: 0, unit: "rows" },
  ];
  return done(
    [
      `Prepared ${source.path} as version ${version} in ${folder}, receipt ${key}`,
      "",
      ...counts,
      `- ${source.rows} rows read; ${duplicates} duplicates and ${contradictory} rows with contradictory labels left out; ${made.near.length} near-duplicate pairs, each in one part.`,
      "- Checked afterwards: no leak between the parts.",
      `- Written: ${files.map((file) => file.path).join(", ")}.`,
      ...(args.training
        ? ["- training.yaml starts nothing. Escalate whether to train at all before any command reads it."]
        : []),
      "",
      ...measurements.map(({ name, value, unit }) => `- ${name} = ${value} ${unit}`),
    ].join("\n"),
    {
      files: [...files],
      measurements,
      detail: {
        source: source.path,
        sha256: source.sha256,
        version,
        seed: args.seed,
        settings: hashOf(settingsOf(args)),
        parts: Object.fromEntries(facts.files.map(({ part, sha256: hash }) => [part, hash])),
      },
    },
  );
}

function check(context: ToolContext, given: PrepareArgs, parts: NonNullable<PrepareArgs["parts"]>): ToolOutcome {
  const tables: OpenedTable[] = [];
  for (const part of partNames) {
    const path: string | undefined = parts[part];
    if (path === undefined) continue;
    const table = open(context, given, path);
    if (isOutcome(table)) return table;
    tables.push(table);
  }
  const leaks = leaksBetween(tables, given.near_duplicate);
  const rows = tables.map((table) => `${table.path} ${table.rows.length} rows`).join(", ");
  if (leaks.length > 0) {
    const more = leaks.length - leaksNamed;
    return failed(
      [
        `The parts leak into each other (${rows}): ${leaks.length} ${leaks.length === 1 ? "place" : "places"}. A score on the test part would be too good.`,
        ...leaks.slice(0, leaksNamed).map((leak) => `- ${leakText(leak)}`),
        ...(more > 0 ? [`- and ${more} more`] : []),
        "Divide the whole anew (dataset), or take one row of each pair away.",
      ].join("\n"),
    );
  }
  const counted = (name: PartName, index: number): { name: string; value: number; unit: string } => ({
    name: `${name} rows`,
    value: tables[index]?.rows.length ?? 0,
    unit: "rows",
  });
  const there = partNames.filter((part) => parts[part] !== undefined);
  const measurements = [...there.map(counted), { name: "leaks between parts", value: 0, unit: "rows" }];
  return done(
    [
      `No leak between the parts (${rows}), receipt ${context.key}`,
      `- Compared by equal texts and by near-duplicates from ${given.near_duplicate} on${given.group_column === null ? "" : `, and by ${given.group_column}`}.`,
      ...measurements.map(({ name, value, unit }) => `- ${name} = ${value} ${unit}`),
    ].join("\n"),
    {
      files: [],
      measurements,
      detail: { parts: Object.fromEntries(tables.map((table) => [table.path, table.sha256])) },
    },
  );
}
