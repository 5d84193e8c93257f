/** A mode: one Markdown file that describes one role, read but not yet checked against the others. */

/** Down, up, and who gets a copy of reports: `delegates_to`, `escalates_to`, `reports_to`. */
export type RouteKind = "delegation" | "escalation" | "report";

/** A route as one file declares it. */
export type RouteDeclaration = {
  readonly kind: RouteKind;
  /** The slug as written; nothing says yet that it exists. */
  readonly to: string;
  /** The words that say what the route is for; null where the file says nothing. */
  readonly purpose: string | null;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly origin: "front-matter" | "body";
};

export type Rank = "executive" | "director" | "lead" | "worker" | "assistant" | "unranked";

export type Level = {
  /** As written, e.g. `037-worker-ai-ml`. */
  readonly text: string;
  readonly rank: Rank;
  /** The rest of the level, e.g. `ai-ml`; empty where there is none. */
  readonly department: string;
};

/** A file or folder that the mode names as knowledge; it may be missing. */
export type KnowledgeReference = { readonly path: string; readonly line: number };

/** Whose way of writing a role file is in. */
export type DialectName = "cadre" | "roo-toml" | "roomodes" | "claude" | "copilot" | "opencode";

/** What one file says, as it says it. */
export type Mode = {
  readonly dialect: DialectName;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly level: Level | null;
  /** `api_config.model`, as written. */
  readonly model: string | null;
  /** As written; unknown groups are lint's business. */
  readonly toolGroups: readonly string[];
  readonly stack: readonly string[];
  readonly categories: readonly string[];
  readonly routes: readonly RouteDeclaration[];
  readonly knowledge: readonly KnowledgeReference[];
  /** The Markdown body: the role's prompt. */
  readonly body: string;
  /** Front matter keys that cadre has no use for: kept, not dropped; those that nobody knows are reported. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly file: string;
  /** 1-based line of each front matter key, for problems that concern a key. */
  readonly keyLines: Readonly<Record<string, number>>;
};
