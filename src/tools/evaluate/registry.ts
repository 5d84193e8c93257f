/**
 * What was measured before: `evaluations/registry.jsonl` in the workspace, a line for each evaluation. It is applied to the project with the
 * rest of a run's changes, and so the next run starts with it.
 *
 * G1. Two figures are compared only where they were measured on the same rows in the same way: `setting` is a hash of sample, columns,
 *     kind of answers, split and seed. A candidate of another revision or with another way of asking is the same candidate, later.
 * G2. An evaluation stands in it once, by its key: one that is run again after a crash replaces its own line.
 * G3. A line that cannot be read is kept as it is, and counted.
 */
import { z } from "zod";
import { canonicalJson } from "../../canonical.ts";
import { isBetter, metricNames, metrics, type MetricName } from "./metrics.ts";

/** Beside these, each metric by its name, and as `<name>_low` and `<name>_high` its interval; null where it is undefined. */
const figures = z.looseObject({
  name: z.string(),
  id: z.string(),
  revision: z.string().nullable(),
  how: z.string(),
  n: z.number().int(),
  p95_ms: z.number(),
});

const entrySchema = z.strictObject({
  schema: z.literal("cadre.evaluation/1"),
  /** The receipt. */
  key: z.string(),
  at: z.string(),
  dataset: z.string(),
  sha256: z.string(),
  /** Sample, columns, kind of answers, split, seed (G1). */
  setting: z.string(),
  /** Of all arguments. */
  config: z.string(),
  criteria: z.string(),
  criteria_text: z.array(z.string()),
  primary_metric: z.enum(metricNames),
  candidates: z.array(figures),
});
export type RegistryEntry = z.infer<typeof entrySchema>;
export type RegistryFigures = z.infer<typeof figures>;

export const registryPath = "evaluations/registry.jsonl";

export type Registry = {
  readonly lines: readonly string[];
  readonly entries: readonly RegistryEntry[];
  readonly unread: number;
};

export function readRegistry(text: string): Registry {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const entries = lines.flatMap((line) => {
    const entry = parsed(line);
    return entry ? [entry] : [];
  });
  return { lines, entries, unread: lines.length - entries.length };
}

function parsed(line: string): RegistryEntry | null {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** The file with this evaluation at its end (G2, G3). */
export function withEntry({ lines }: Registry, entry: RegistryEntry): string {
  const kept = lines.filter((line) => parsed(line)?.key !== entry.key);
  return [...kept, canonicalJson(entry)].join("\n").concat("\n");
}

export type Change = {
  readonly candidate: string;
  readonly before: number;
  readonly now: number;
  /** `worse`: worse than all of the interval that it had; `weaker`: worse, within it. Which way is worse is the metric's to say. */
  readonly verdict: "worse" | "weaker" | "same" | "better";
  /** What of the candidate is another thing now. */
  readonly changed: readonly string[];
};

export type Past = {
  /** The receipt of the last evaluation in the same setting; null: none. */
  readonly key: string | null;
  readonly changes: readonly Change[];
  /** The criteria that the last evaluation of this sample file went by, where they are others now (S2). */
  readonly criteriaBefore: { readonly key: string; readonly text: readonly string[] } | null;
  /** The last evaluation of a file of this name had other content. */
  readonly otherContent: string | null;
};

/** What this evaluation is, beside those before it. */
export function pastOf({ entries }: Registry, now: RegistryEntry): Past {
  const others = entries.filter((entry) => entry.key !== now.key);
  const same = others.filter((entry) => entry.setting === now.setting);
  const ofSample = others.findLast((entry) => entry.dataset === now.dataset || entry.sha256 === now.sha256);
  return {
    key: same.at(-1)?.key ?? null,
    changes: now.candidates.flatMap((candidate) => changeOf(candidate, same, now.primary_metric)),
    criteriaBefore:
      ofSample && ofSample.criteria !== now.criteria ? { key: ofSample.key, text: ofSample.criteria_text } : null,
    otherContent: ofSample && ofSample.sha256 !== now.sha256 ? ofSample.key : null,
  };
}

function changeOf(
  now: RegistryFigures,
  same: readonly RegistryEntry[],
  metric: RegistryEntry["primary_metric"],
): Change[] {
  const before = same.flatMap((entry) => entry.candidates.filter((each) => each.name === now.name)).at(-1);
  if (!before) return [];
  const changed = (["id", "revision", "how"] as const).filter((key) => before[key] !== now[key]);
  const [was, is] = [figureOf(before, metric), figureOf(now, metric)];
  // What was undefined then or now is compared with nothing.
  if (was === null || is === null) return [];
  return [{ candidate: now.name, before: was, now: is, verdict: verdictOn(metric, before, was, is), changed }];
}

function verdictOn(name: MetricName, before: RegistryFigures, was: number, is: number): Change["verdict"] {
  const metric = metrics[name];
  if (is === was) return "same";
  if (isBetter(metric, is, was)) return "better";
  const worst = figureOf(before, `${name}_${metric.better === "higher" ? "low" : "high"}`);
  return isBetter(metric, worst, is) ? "worse" : "weaker";
}

function figureOf(entry: RegistryFigures, name: string): number | null {
  const figure = entry[name];
  return typeof figure === "number" ? figure : null;
}
