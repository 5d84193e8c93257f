/** The front matter of a brief: optional, strict, every fault with its line. */
import { z } from "zod";
import { didYouMean } from "../documents/nearest.ts";
import type { Problem } from "../documents/problem.ts";
import { entryOf, plainValue, positionOf, type YamlMap, type YamlValue } from "../documents/yaml-tree.ts";
import type { LimitsAsked } from "./brief.ts";

const words = z.string().trim().min(1);
/** Scalars arrive as written, so numbers are read here. */
const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, "must be a whole number above 0")
  .transform(Number);
const repeated = count.refine((value) => value >= 2, "must be at least 2");

/** `5 EUR`; six digits behind the point at most, which is what is counted. */
const money = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})? [A-Z]{3}$/, "must be an amount and a currency, such as 5 EUR or 0.50 USD")
  .transform((text) => ({ amount: Number(text.slice(0, -4)), currency: text.slice(-3) }))
  .refine(({ amount }) => amount > 0, "must be more than nothing");

const limits = {
  steps: count,
  modelCalls: count,
  tokens: count,
  depth: count,
  breadth: count,
  refusals: count,
  repeats: repeated,
  pingPong: repeated,
  money,
  gpuSeconds: count,
  wallSeconds: count,
} satisfies { readonly [Name in keyof LimitsAsked]-?: z.ZodType<NonNullable<LimitsAsked[Name]>> };

const schema = z.strictObject({
  title: words.nullish(),
  to: words.nullish(),
  acceptance: z.array(words).nullish(),
  inputs: z.array(z.union([words, z.strictObject({ path: words, description: words.optional() })])).nullish(),
  constraints: z.array(words).nullish(),
  limits: z.strictObject(limits).partial().nullish(),
});

export type BriefFrontMatter = z.infer<typeof schema>;

export function readFrontMatter(
  map: YamlMap,
  file: string,
): { readonly data: BriefFrontMatter | null; readonly problems: Problem[] } {
  const parsed = schema.safeParse(plainValue(map, false));
  if (parsed.success) return { data: parsed.data, problems: [] };
  return { data: null, problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, map, file)) };
}

function problemsOf(issue: z.core.$ZodIssue, map: YamlMap, file: string): Problem[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const known = path === "limits" ? Object.keys(limits) : Object.keys(schema.shape);
    const otherwise = path.startsWith("inputs.") ? "An input has path and description." : `Known: ${known.join(", ")}.`;
    return issue.keys.map((key) => ({
      ...fault(`The brief has no key "${path === "" ? key : `${path}.${key}`}".`, map, [...issue.path, key], file),
      hint: didYouMean(key, known, otherwise),
    }));
  }
  const position = fault(`"${path}" ${wording(issue)}.`, map, issue.path, file);
  return [
    issue.code === "invalid_union"
      ? { ...position, hint: "Write `- path`, or `- {path: …, description: …}`." }
      : position,
  ];
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type")
    return `must be ${issue.expected === "array" ? "a list" : issue.expected === "object" ? "a map" : "text"}`;
  if (issue.code === "too_small") return "must not be empty";
  return issue.code === "invalid_union" ? "must be a path, or a map with path and description" : issue.message;
}

function fault(message: string, map: YamlMap, path: readonly PropertyKey[], file: string): Problem {
  const { line, column } = positionOf(map, path);
  return { code: "brief-front-matter", severity: "error", message, file, line, column };
}

/** Where an item of a list key stands. */
export function placeOfItem(map: YamlMap | null, key: string, index: number): { line: number; column: number } {
  const list: YamlValue | undefined = map ? entryOf(map, key)?.value : undefined;
  const place = list ? positionOf(list, [index]) : { line: 1, column: 1 };
  return { line: place.line, column: place.column };
}
