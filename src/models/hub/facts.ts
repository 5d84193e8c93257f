/**
 * What the Hub says of an entry, in our own shapes.
 *
 * Every text is its author's: bounded here, and screened by whoever shows it.
 */
import { z } from "zod";

/** What a card's front matter and the Hub say of an entry; every text is the author's. */
export type EntryFacts = {
  readonly id: string;
  /** 40 hex digits; null where the Hub named none. */
  readonly commit: string | null;
  readonly gated: boolean;
  readonly private: boolean;
  readonly disabled: boolean;
  readonly downloads: number;
  readonly likes: number;
  readonly updated: string | null;
  /** Licence ids as the Hub spells them; none: the card names none. */
  readonly licences: readonly string[];
  readonly licenceName: string | null;
  readonly licenceLink: string | null;
  readonly languages: readonly string[];
  readonly tasks: readonly string[];
  readonly library: string | null;
  readonly baseModels: readonly string[];
  readonly datasets: readonly string[];
  /** Parameters, from the safetensors index; null where there is none. */
  readonly parameters: number | null;
  /** By type of number, e.g. `BF16`. */
  readonly parameterTypes: Readonly<Record<string, number>>;
  readonly sizes: readonly string[];
};

export type HubFile = {
  readonly path: string;
  readonly size: number;
  /** Of the content; null for small files, which git keeps by another hash. */
  readonly sha256: string | null;
  /** The Hub's own scan, in its words; null where it says nothing. */
  readonly security: string | null;
};

export const commitPattern = /^[0-9a-f]{40}$/;

const short = z.string().max(500);
const texts = z
  .union([
    short.transform((text) => [text]),
    z.array(z.unknown()).transform((list) => list.filter((each) => typeof each === "string")),
  ])
  .transform((list) => list.map((text) => text.slice(0, 200)).slice(0, 50))
  .catch([]);
const text = short.nullable().catch(null).default(null);
const count = z.number().nonnegative().catch(0).default(0);
const flag = z.boolean().catch(false).default(false);

const cardSchema = z.object({
  license: texts.default([]),
  license_name: text,
  license_link: text,
  language: texts.default([]),
  base_model: texts.default([]),
  datasets: texts.default([]),
  task_categories: texts.default([]),
  size_categories: texts.default([]),
});

/** Wrong types are as good as absent: a card is free text that somebody typed. */
const answerSchema = z.object({
  name: z.string().max(200),
  sha: z.string().regex(commitPattern).nullable().catch(null).default(null),
  gated: z
    .union([z.boolean(), z.string().transform((word) => word !== "false")])
    .catch(false)
    .default(false),
  private: flag,
  disabled: flag,
  downloads: count,
  likes: count,
  updatedAt: z.date().nullable().catch(null).default(null),
  task: text,
  library_name: text,
  tags: texts.default([]),
  safetensors: z
    .object({ total: count, parameters: z.record(z.string().max(20), z.number()).catch({}).default({}) })
    .catch({ total: 0, parameters: {} })
    .default({ total: 0, parameters: {} }),
  cardData: z.unknown().optional(),
});

export function factsOf(value: unknown): EntryFacts {
  const { cardData, safetensors, tags, updatedAt, task, ...read } = answerSchema.parse(value);
  const card = cardSchema.safeParse(cardData ?? {}).data ?? cardSchema.parse({});
  const tagged = (prefix: string): string[] =>
    tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
  const either = (own: readonly string[], prefix: string): readonly string[] => (own.length > 0 ? own : tagged(prefix));
  return {
    id: read.name,
    commit: read.sha,
    gated: read.gated,
    private: read.private,
    disabled: read.disabled,
    downloads: read.downloads,
    likes: read.likes,
    updated: dayOf(updatedAt),
    licences: either(card.license, "license:").map((id) => id.toLowerCase()),
    licenceName: card.license_name,
    licenceLink: card.license_link,
    languages: either(card.language, "language:"),
    tasks: task === null ? either(card.task_categories, "task_categories:") : [task],
    library: read.library_name,
    baseModels: card.base_model.length > 0 ? card.base_model : baseModelTags(tagged("base_model:")),
    datasets: either(card.datasets, "dataset:"),
    parameters: safetensors.total > 0 ? safetensors.total : null,
    parameterTypes: safetensors.parameters,
    sizes: either(card.size_categories, "size_categories:"),
  };
}

function dayOf(date: Date | null): string | null {
  return date === null || Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, 10);
}

/** The Hub writes `owner/name` and, once more, `finetune:owner/name` with the kind of descent before it. */
function baseModelTags(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.replace(/^[a-z_]+:/, "")))];
}

const fileSchema = z.object({
  type: z.literal("file"),
  path: z.string().min(1).max(1024),
  size: z.number().nonnegative(),
  lfs: z
    .object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.number().nonnegative() })
    .optional()
    .catch(undefined),
  securityFileStatus: z
    .object({ status: z.string().max(60) })
    .optional()
    .catch(undefined),
});

/** Null for folders, and for what is no file's description. */
export function fileOf(value: unknown): HubFile | null {
  const file = fileSchema.safeParse(value).data;
  if (!file) return null;
  return {
    path: file.path,
    size: file.lfs?.size ?? file.size,
    sha256: file.lfs?.oid ?? null,
    security: file.securityFileStatus?.status ?? null,
  };
}
