/** The composition root: everything that a face (CLI, server, a program) can do with a project. */
import { existsSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Brief } from "./briefs/brief.ts";
import { systemClock, type Clock } from "./clock.ts";
import { configMentions } from "./config-mentions.ts";
import { CadreError, isCadreError } from "./errors.ts";
import type { ChangeSet } from "./events/event.ts";
import { isRunId, randomIds, type AskId, type IdSource, type LineId, type RunId } from "./ids.ts";
import type { RoleModel } from "./models/model.ts";
import type { Sandbox } from "./tools/sandbox/sandbox.ts";
import type {
  AdvanceOptions,
  AdvanceResult,
  Anchor,
  Changes,
  DecideInput,
  FileVerification,
  ForkOptions,
  ForkPlan,
  Rehearsed,
  StartOptions,
  Verification,
} from "./run/api.ts";
import { passDeadlines } from "./store/expiry.ts";
import { openStore } from "./store/open.ts";
import type { AskRow, RunRow, Store, StoredEvent } from "./store/ports.ts";

export type {
  AdvanceOptions,
  AdvanceResult,
  ChangedFile,
  Changes,
  DecideInput,
  FileVerification,
  ForkOptions,
  ForkPlan,
  Rehearsed,
  StartOptions,
  Verification,
} from "./run/api.ts";

export type VerifyAllOptions = {
  readonly runs?: readonly RunId[];
  readonly head?: string;
  readonly onRun?: (result: Verification) => void;
};

export type Notified = {
  readonly told: number;
  readonly failed: number;
  /** Runs that were gone on with, as far as they came; those that another process moves are left to it. */
  readonly resumed: readonly AdvanceResult[];
  /** Runs that could not go on, each with the reason. */
  readonly stuck: readonly { readonly run: RunId; readonly error: CadreError }[];
};

export type CadreOptions = {
  /** Where `modes/ graphs/ cadre.yaml` are. Absolute or relative to the process. */
  readonly dir: string;
  /** Database and workspaces; default `<dir>/.cadre`. */
  readonly data?: string;
  /** Default `<dir>/journal`. */
  readonly journal?: string;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  /** Stands in for every model (tests, programs); shown as what its `tier` says. */
  readonly model?: RoleModel;
  /** Where commands run; left out: bubblewrap, and where that is missing none is run. */
  readonly sandbox?: Sandbox;
  /** Opens the store for reading only; everything that writes throws `data-read-only`. */
  readonly readOnly?: boolean;
};

export interface Cadre {
  readonly dir: string;
  readonly data: string;
  readonly journalDir: string;
  readonly store: Store;
  /** Checks everything, makes the run and its workspace; moves nothing yet. Errors: chart-invalid, workflow-invalid, role-unknown, brief-invalid, model-unknown. */
  start(brief: Brief, options: StartOptions): Promise<RunRow>;
  /** What a fork would share, put again and leave standing; makes nothing. Errors: run-unknown, fork-refused. */
  planFork(run: RunId, options: ForkOptions): Promise<ForkPlan>;
  /**
   * A new run that goes on from a step of another one: same brief, what came before is shared, the workspace is as it was there. Moves
   * nothing yet. Errors: run-unknown, fork-refused (hint: the nearest steps that work), chain-broken, workspace-refused, model-unknown.
   */
  fork(run: RunId, options: ForkOptions): Promise<RunRow>;
  /** `fork` of a run that was stopped or failed, from its last step unless `at` names one. Errors: as fork; fork-refused where it has not ended so. */
  retry(run: RunId, options: ForkOptions): Promise<RunRow>;
  /** The walk that the rehearsal would take, in a scratch folder with an in-memory store: no effect on data, project or journal. */
  preview(brief: Brief, options: StartOptions): Promise<readonly StoredEvent[]>;
  /** The same to the end, with a stand-in for people that takes the first option and approves what it is shown. */
  rehearse(brief: Brief, options: StartOptions): Promise<Rehearsed>;
  /** Moves the run until it waits, ends or drains, then renders its journal. Errors: run-owned (with the owner), chain-broken. */
  advance(run: RunId, options?: AdvanceOptions): Promise<AdvanceResult>;
  /**
   * Decides for the clock whatever is past its deadline, and tells whoever cadre.yaml names of every ask that they have not been told of,
   * that comes near its deadline or went up. An advance does so for its run; for deadlines this is to be called every now and then.
   * `resume`: also goes on with the runs that a deadline moved on, one after another. Errors: config-invalid.
   */
  notify(options?: { readonly resume?: boolean }): Promise<Notified>;
  /** First decision wins; where several people decide it is a vote, and the ask stays open until their number is reached. Errors: not-approver, already-voted, ask-unknown, ask-decided (data: by, face, at), hash-stale, decision-invalid. Moves nothing. */
  decide(ask: AskId, input: DecideInput): Promise<AskRow>;
  /** Records who has seen an open ask; its deadline stays. Errors: ask-unknown, ask-decided (or acknowledged already), ask-expired. */
  acknowledge(ask: AskId, seen: { readonly by: string; readonly face: string }): Promise<AskRow>;
  /** Signals the owner, or ends the run itself if nobody holds it. */
  stop(run: RunId, by: string): Promise<RunRow>;
  /** The change set of the run's workspace, with texts for diffs. */
  changes(run: RunId): Promise<Changes>;
  /** Brings exactly the signed-off change set into the project. Errors: run-unknown, apply-conflict, hash-stale. */
  apply(run: RunId): Promise<ChangeSet>;
  /** Renders the journal; returns the paths written, relative to the journal folder. */
  journal(run: RunId): Promise<readonly string[]>;
  /** Chain, guarantees and rows of a run, compared with its journal where there is one. `head`: a hash that some line must hold. */
  verify(run: RunId, options?: { readonly head?: string }): Promise<Verification>;
  /** The file as a whole, and every run (or these) one after another; `onRun` gets each result. Errors: store-corrupt. */
  verifyAll(options?: VerifyAllOptions): Promise<FileVerification>;
  /** What a role is told before its task, as the files are now. Errors: chart-invalid, workflow-invalid, role-unknown. */
  promptOf(role: string): Promise<string>;
  close(): void;
}

/** Opens a project's store; the engine is loaded by the first verb that moves something. Errors: data-read-only, store-newer, store-corrupt. */
export function openCadre(options: CadreOptions): Cadre {
  const dir = resolve(options.dir);
  const data = resolve(options.data ?? join(dir, ".cadre"));
  const journalDir = resolve(options.journal ?? join(dir, "journal"));
  const clock = options.clock ?? systemClock;
  const file = join(data, "cadre.db");
  const store = openStore({ file, clock, ...(options.readOnly ? { readOnly: true } : {}) });
  const engine = lazily(async () => {
    const { openEngine } = await import("./engine.ts");
    return openEngine({
      dir,
      data,
      journal: journalDir,
      store,
      clock,
      ids: options.ids ?? randomIds,
      model: options.model ?? null,
      sandbox: options.sandbox,
    });
  });
  /** Verifying takes its time: it reads through a connection that sees one state of the file while others go on writing. */
  const heldStill = async <Result>(body: (still: Store) => Promise<Result>): Promise<Result> => {
    const still = options.readOnly ? store : openStore({ file, clock, readOnly: true });
    try {
      return await still.frozen(() => body(still));
    } finally {
      if (still !== store) still.close();
    }
  };
  const forked = async (run: RunRow, fork: ForkOptions): Promise<RunRow> => {
    await requireRemembered(store, journalDir, run.id); // D8: nothing goes on from a history that is not the one the journal tells
    return (await engine()).fork(run, fork);
  };
  const journal = (run: RunId): Promise<readonly string[]> => renderRunJournal({ store, dir, folder: journalDir }, run);
  const advance: Cadre["advance"] = async (run, given) => {
    const { openTeller } = await import("./notices/teller.ts");
    const teller = openTeller({ dir, store, clock }, run);
    const onEvent = (stored: StoredEvent): void => {
      if (stored.event.type === "ask_raised") teller.nudge();
      given?.onEvent?.(stored);
    };
    try {
      await requireRemembered(store, journalDir, run);
      await requireWorkspace(store, data, run);
      const result = await (await engine()).advance(run, { ...given, onEvent });
      await journal(run);
      return result;
    } catch (error) {
      // Whoever owns the run renders its journal; and no trouble with the journal may hide why the run did not go on.
      if (!isCadreError(error, "run-owned") && !isCadreError(error, "run-unknown")) await journal(run).catch(() => []);
      throw error;
    } finally {
      await teller.rest();
    }
  };
  return {
    dir,
    data,
    journalDir,
    store,
    start: async (brief, start) => (await engine()).start(brief, start),
    planFork: async (run, fork) => (await engine()).planFork(await knownRun(store, run), fork),
    fork: async (run, fork) => forked(await knownRun(store, run), fork),
    retry: async (run, fork) => {
      const row = await knownRun(store, run);
      requireCutOff(row);
      return forked(row, fork);
    },
    preview: async (brief, start) => (await engine()).preview(brief, start),
    rehearse: async (brief, start) => (await engine()).rehearse(brief, start),
    advance,
    notify: async ({ resume = false } = {}) => {
      const { tellOpen } = await import("./notices/teller.ts");
      await passDeadlines({ store, clock });
      const gone = resume ? await goOn({ store, clock }, advance) : { resumed: [], stuck: [] };
      return { ...(await tellOpen({ dir, store, clock })), ...gone };
    },
    decide: async (ask, input) => {
      // Before the decision is on disk: it would stand, and the run could not go on with it.
      const run = (await store.ask(ask))?.run;
      if (run) await requireWorkspace(store, data, run);
      const [{ decideAsk }, { secretsOf }] = await Promise.all([
        import("./run/decide-ask.ts"),
        import("./engine-guard.ts"),
      ]);
      return decideAsk(
        {
          store,
          clock,
          argumentProblem: async (about, args) => (await engine()).argumentProblem(about, args),
          approvers: () => approversIn(dir),
        },
        ask,
        secretsOf(dir).cleanJson(input), // R8: what people say is stored and told as well
      );
    },
    acknowledge: async (ask, seen) => {
      const { acknowledgeAsk } = await import("./run/decide-ask.ts");
      return acknowledgeAsk({ store, clock }, ask, seen);
    },
    stop: async (run, by) => {
      await knownRun(store, run);
      await store.setSignal(run, "stop", by);
      return (await engine()).stop(run);
    },
    changes: async (run) => (await engine()).changes(await knownRun(store, run)),
    apply: async (run) => (await engine()).apply(await knownRun(store, run)),
    journal: async (run) => journal((await knownRun(store, run)).id),
    verify: async (run, verify = {}) => {
      const { verifyRun } = await import("./run/verify-run.ts");
      await knownRun(store, run);
      const anchors = await rememberedBy(journalDir, run);
      return heldStill((still) => verifyRun(still, run, { anchors, ...verify }));
    },
    verifyAll: async ({ onRun = () => undefined, ...verify } = {}) => {
      const { verifyAll } = await import("./run/verify-all.ts");
      const anchorsOf = (run: RunId): Promise<readonly Anchor[]> => rememberedBy(journalDir, run);
      const remembered = async (): Promise<readonly RunId[]> => {
        const { journalFolders } = await import("./store/journal-files.ts");
        return journalFolders(journalDir).filter(isRunId);
      };
      const hasWorkspace = (run: RunId): boolean => existsSync(join(data, "workspaces", run));
      return heldStill((still) => verifyAll(still, { anchorsOf, remembered, hasWorkspace, onRun, ...verify }));
    },
    promptOf: (role) => promptOf(dir, role),
    close: () => {
      // What is loaded is let go of in the background; where that fails the process ends soon, and with it what is loaded.
      void engine
        .made()
        ?.then((opened) => opened.close())
        .catch(() => undefined);
      store.close();
    },
  };
}

async function promptOf(dir: string, slug: string): Promise<string> {
  const [{ bindProject, loadProject }, { systemPrompt }, { findRole }] = await Promise.all([
    import("./project.ts"),
    import("./run/prompt.ts"),
    import("./org/chart.ts"),
  ]);
  const bound = bindProject(await loadProject(dir), {});
  if (!findRole(bound.chart, slug)) throw new CadreError("role-unknown", `there is no role ${slug} in modes/`);
  return systemPrompt(bound, slug);
}

type Lazy<Value> = (() => Promise<Value>) & { readonly made: () => Promise<Value> | undefined };

function lazily<Value>(make: () => Promise<Value>): Lazy<Value> {
  let made: Promise<Value> | undefined;
  return Object.assign(() => (made ??= make()), { made: () => made });
}

/** Retrying is for what was cut off; what goes on by itself, or is done, has verbs of its own. */
export function requireCutOff({ id, status }: Pick<RunRow, "id" | "status">): void {
  if (status === "stopped" || status === "failed") return;
  const hint =
    status === "finished"
      ? `To do a part of it otherwise: cadre fork ${id} --at <step>`
      : `It goes on by itself: cadre resume ${id}. To do a part of it otherwise: cadre fork ${id} --at <step>`;
  throw new CadreError("fork-refused", `${id} is ${status}: there is nothing to retry`, {
    hint,
    data: { run: id, status },
  });
}

async function knownRun(store: Store, id: RunId): Promise<RunRow> {
  const run = await store.run(id);
  if (!run) throw new CadreError("run-unknown", `there is no run ${id}`, { hint: "`cadre runs` lists them." });
  return run;
}

/** Takes up what deadlines decided, run after run: one that cannot go on keeps none of the others. */
async function goOn(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  advance: Cadre["advance"],
): Promise<Pick<Notified, "resumed" | "stuck">> {
  const { movedOn } = await import("./notices/moved-on.ts");
  const resumed: AdvanceResult[] = [];
  const stuck: { run: RunId; error: CadreError }[] = [];
  for (const run of await movedOn(store, clock)) {
    try {
      resumed.push(await advance(run));
    } catch (error) {
      if (isCadreError(error, "run-owned")) continue;
      if (!isCadreError(error)) throw error;
      stuck.push({ run, error });
    }
  }
  return { resumed, stuck };
}

/** Whom the operator lets approve; empty: everyone. Errors: config-invalid. */
async function approversIn(dir: string): Promise<readonly string[]> {
  return configMentions(dir, "approvers") ? (await import("./config.ts")).requireConfig(dir).approvers : [];
}

type JournalPlace = { readonly store: Store; readonly dir: string; readonly folder: string };

async function renderRunJournal({ store, dir, folder }: JournalPlace, id: RunId): Promise<readonly string[]> {
  const [{ renderJournal }, { writeJournal }] = await Promise.all([
    import("./views/journal.ts"),
    import("./store/journal-files.ts"),
  ]);
  const run = await knownRun(store, id);
  const events = await store.runEvents(id);
  return writeJournal(folder, id, renderJournal({ run, brief: run.brief, events, project: wayToProject(folder, dir) }));
}

/** From a run's folder to the project, for links to modes; null where the journal lies outside, and a link would lead nowhere elsewhere. */
function wayToProject(folder: string, dir: string): string | null {
  const inside = relative(dir, folder);
  if (inside.startsWith("..") || isAbsolute(inside)) return null;
  return `${[...inside.split(sep).filter((part) => part !== ""), "run"].map(() => "..").join("/")}/`;
}

/** What a run's journal remembers of its lines; nothing where there is none. */
async function rememberedBy(journal: string, run: RunId): Promise<readonly Anchor[]> {
  const [{ readPage }, { readHistory }] = await Promise.all([
    import("./store/journal-files.ts"),
    import("./views/journal-anchor.ts"),
  ]);
  const source = join(journal, run, "README.md");
  return readHistory(readPage(source) ?? "").map((head) => ({ ...head, source }));
}

/** A backup holds the database alone, and a database may be copied without what lies beside it. */
async function requireWorkspace(store: Store, data: string, id: RunId): Promise<void> {
  const run = await store.run(id);
  if (!run || run.endedAt !== null || run.signal !== null) return;
  const folder = join(data, "workspaces", id);
  if (existsSync(join(folder, "tree"))) return;
  throw new CadreError("folder-missing", `${id} cannot go on: its workspace is not here (${folder})`, {
    hint: `A backup holds the database and no workspaces. Copy that folder, and workspaces/.contents beside it, from the machine where the run was; or end it: cadre stop ${id}`,
    data: { run: id, folder },
  });
}

/**
 * D8: nothing resumes behind what its journal tells. A store that is behind was cut off, or is an old copy, and what came after was done
 * in the world already.
 */
async function requireRemembered(store: Store, journal: string, run: RunId): Promise<void> {
  if (!(await store.run(run))) return; // the engine says so
  for (const { line, length, head, source } of await rememberedBy(journal, run)) {
    const [last] = await store.storedBytes(line as LineId, length - 1, 1);
    if (last?.index === length - 1 && last.hash === head) continue;
    throw new CadreError(
      "chain-broken",
      `${run} cannot go on: its journal remembers a history that the store does not hold`,
      {
        place: { file: source },
        hint: `\`cadre verify ${run}\` says where they part. Where an older copy of the data was put back on purpose, move the journal's folder away first.`,
        data: { run, line, length, head },
      },
    );
  }
}
