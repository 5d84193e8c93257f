/** Whether everything that runs need is there, and who works at this moment. */

export type CheckView = {
  readonly name: string;
  readonly state: "ok" | "note" | "broken";
  readonly detail: string;
  readonly hint: string;
};

/** A line that a process holds at this moment; spans in ms. */
export type WorkerView = {
  readonly run: string;
  readonly line: string;
  readonly host: string;
  readonly pid: number;
  readonly state: "alive" | "dead" | "elsewhere";
  readonly beatMs: number;
  readonly leaseMs: number;
};

/** A server of models. `seen`: by this process since it began; null: it has asked it nothing yet. */
export type ModelServerView = {
  readonly origin: string;
  /** Names in cadre.yaml; none: a run names it itself. */
  readonly models: readonly string[];
  readonly seen: {
    readonly answered: number;
    /** 429 or 503. */
    readonly refused: number;
    readonly silent: number;
    readonly firstAnswer: { readonly median: number; readonly p95: number; readonly of: number } | null;
    readonly limit: number;
    readonly inFlight: number;
    readonly queued: number;
  } | null;
};

/** cadre.doctor/1, with what goes on at this moment. */
export type HealthView = {
  readonly checks: readonly CheckView[];
  readonly workers: readonly WorkerView[];
  readonly servers: readonly ModelServerView[];
  /** This server. */
  readonly room: { readonly pid: number; readonly upMs: number; readonly watchers: number; readonly moving: number };
};
