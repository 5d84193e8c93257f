/**
 * The Hub, as far as it is read here: search, facts about a model or a data set, its files, small texts of it.
 *
 * H1. Everything that comes back is somebody's claim: it is parsed into our own shapes, bounded, and nothing else of it is kept.
 * H2. What is read of an entry is read of one commit: facts name it, and files and texts are asked for by it.
 * H3. The library is loaded when it is first needed.
 */
import type { HubConfig } from "../../config/hub.ts";
import { CadreError, isCadreError } from "../../errors.ts";
import { commitPattern, factsOf, fileOf, type EntryFacts, type HubFile } from "./facts.ts";
import { hubRefused } from "./hub-errors.ts";
import { hubFetch, type HubFetch, type HubFetchDeps } from "./hub-fetch.ts";

export type Entry = "model" | "dataset";

export type HubSearch = {
  readonly query?: string | undefined;
  readonly task?: string | undefined;
  readonly licence?: string | undefined;
  readonly owner?: string | undefined;
  readonly language?: string | undefined;
  readonly library?: string | undefined;
  readonly provider?: string | undefined;
  readonly sort: "downloads" | "likes" | "lastModified" | "trendingScore";
  readonly limit: number;
};

export interface Hub {
  readonly origin: string;
  search(entry: Entry, search: HubSearch): Promise<readonly EntryFacts[]>;
  facts(entry: Entry, id: string, revision?: string): Promise<EntryFacts>;
  /** At most 1,000. `scanned`: paths whose hash and security status are asked for too. */
  files(
    entry: Entry,
    id: string,
    commit: string,
  ): Promise<{ readonly files: readonly HubFile[]; readonly more: boolean }>;
  /** Hash and security status of these files. */
  fileFacts(entry: Entry, id: string, commit: string, paths: readonly string[]): Promise<readonly HubFile[]>;
  /** A small text file of it; null where there is none. */
  text(entry: Entry, id: string, commit: string, path: string): Promise<string | null>;
  readonly fetched: HubFetch;
}

const mostFiles = 1000;
export const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$/;

/** Errors: hub-auth where the variable that `token` names is not set. */
export function openHub(
  config: HubConfig,
  {
    env,
    signal,
    ...deps
  }: HubFetchDeps & { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Hub {
  const origin = new URL(config.url).origin;
  const fetched = hubFetch({ ...config, token: tokenOf(config, env) }, signal, deps);
  const shared = { hubUrl: config.url.replace(/\/+$/, ""), fetch: fetched.fetch };
  const library = () => import("@huggingface/hub"); // H3
  const asked = <Result>(what: () => Promise<Result>): Promise<Result> => ours(origin, what);
  return {
    origin,
    fetched,
    search: (entry, search) =>
      asked(async () => {
        const { listDatasets, listModels } = await library();
        const found: EntryFacts[] = [];
        const tags = tagsOf(entry, search);
        const given = {
          ...shared,
          limit: search.limit,
          sort: search.sort,
          search: {
            ...(search.query ? { query: search.query } : {}),
            ...(search.owner ? { owner: search.owner } : {}),
            ...(tags.length > 0 ? { tags } : {}),
            ...(entry === "model" && search.task ? { task: search.task as "text-classification" } : {}),
            ...(entry === "model" && search.provider ? { inferenceProviders: [search.provider] } : {}),
          },
        };
        const list =
          entry === "model"
            ? listModels({ ...given, additionalFields: ["tags", "library_name", "safetensors", "sha"] })
            : listDatasets({ ...given, additionalFields: ["tags", "sha"] });
        for await (const each of list) {
          found.push(factsOf(each));
          if (found.length >= search.limit) break;
        }
        return found;
      }),
    facts: (entry, id, revision) =>
      asked(async () => {
        const { datasetInfo, modelInfo } = await library();
        const given = {
          ...shared,
          name: checkedId(id),
          ...(revision === undefined ? {} : { revision: checkedRevision(revision) }),
        };
        return factsOf(
          entry === "model"
            ? await modelInfo({
                ...given,
                additionalFields: ["cardData", "tags", "library_name", "safetensors", "sha", "disabled"],
              })
            : await datasetInfo({ ...given, additionalFields: ["cardData", "tags", "sha", "disabled"] }),
        );
      }),
    files: (entry, id, commit) =>
      asked(async () => {
        const { listFiles } = await library();
        const files: HubFile[] = [];
        const repo = { type: entry, name: checkedId(id) };
        for await (const each of listFiles({ ...shared, repo, recursive: true, revision: checkedCommit(commit) })) {
          const file = fileOf(each);
          if (file === null) continue;
          if (files.length === mostFiles) return { files, more: true };
          files.push(file);
        }
        return { files, more: false };
      }),
    fileFacts: (entry, id, commit, paths) =>
      asked(async () => {
        if (paths.length === 0) return [];
        const { pathsInfo } = await library();
        const repo = { type: entry, name: checkedId(id) };
        const found = await pathsInfo({
          ...shared,
          repo,
          paths: [...paths],
          expand: true,
          revision: checkedCommit(commit),
        });
        return found.map(fileOf).filter((file) => file !== null);
      }),
    text: (entry, id, commit, path) =>
      asked(async () => {
        try {
          const response = await fetched.fetch(
            `${shared.hubUrl}/${place(entry, id)}/raw/${checkedCommit(commit)}/${path}`,
          );
          return new TextDecoder("utf-8").decode(await response.arrayBuffer());
        } catch (error) {
          if (isCadreError(error, "hub-missing")) return null;
          throw error;
        }
      }),
  };
}

/** The part of an address that names an entry. */
export function place(entry: Entry, id: string): string {
  return entry === "model" ? checkedId(id) : `datasets/${checkedId(id)}`;
}

function tokenOf({ token }: HubConfig, env: Readonly<Record<string, string | undefined>>): string | null {
  if (token === undefined) return null;
  const value = env[token];
  if (value !== undefined && value.trim() !== "") return value;
  throw new CadreError("hub-auth", `The variable ${token}, which cadre.yaml names as the Hub's token, is not set.`, {
    hint: `Set ${token}, or leave \`hub.token\` out to read without a token.`,
  });
}

/** Whatever the library stumbles over in an answer is the answer's fault; its own errors quote it. */
async function ours<Result>(origin: string, what: () => Promise<Result>): Promise<Result> {
  try {
    return await what();
  } catch (error) {
    if (isCadreError(error) || (error instanceof DOMException && error.name === "AbortError")) throw error;
    throw hubRefused(`${origin} sent something that is no answer to this.`);
  }
}

export function checkedId(id: string): string {
  if (idPattern.test(id) && !id.includes("..")) return id;
  throw new CadreError("hub-missing", "This is no id on the Hub.", { hint: "Ids look like `owner/name`." });
}

function checkedRevision(revision: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/.test(revision) && !revision.includes("..")) return revision;
  throw new CadreError("hub-missing", "This is no revision on the Hub.", {
    hint: "A branch, a tag, or a commit of 40 hex digits.",
  });
}

function checkedCommit(commit: string): string {
  if (commitPattern.test(commit)) return commit;
  throw new CadreError("hub-missing", "A commit is 40 hex digits.");
}

function tagsOf(entry: Entry, search: HubSearch): string[] {
  const { licence, language, library, task } = search;
  return [
    ...(licence ? [`license:${licence}`] : []),
    ...(language ? [entry === "dataset" ? `language:${language}` : language] : []),
    ...(library ? [library] : []),
    ...(entry === "dataset" && task ? [`task_categories:${task}`] : []),
  ];
}
