/** The composition root: opens a project for a face (CLI, server, a program). */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock, type Clock } from "../clock.ts";
import { configMentions } from "../config/mentions.ts";
import { CadreError, isCadreError } from "../errors.ts";
import { isRunId, randomIds, type RunId } from "../ids.ts";
import type { AdvanceResult, Anchor, ForkOptions } from "../run/api.ts";
import { passDeadlines } from "../store/expiry.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/ports.ts";
import type { RunRow, StoredEvent } from "../store/rows.ts";
import type { Cadre, CadreOptions, Notified } from "./api.ts";
import { heard } from "./listeners.ts";
import { rememberedBy, renderRunJournal, requireRemembered } from "./journal.ts";
import { knownRun, requireCutOff, requireWorkspace } from "./preconditions.ts";

/** Opens a project's store; the engine is loaded by the first verb that moves something. Errors: data-read-only, store-newer, store-corrupt. */
export function openCadre(options: CadreOptions): Cadre {
  const dir = resolve(options.dir);
  const data = resolve(options.data ?? join(dir, ".cadre"));
  const journalDir = resolve(options.journal ?? join(dir, "journal"));
  const clock = options.clock ?? systemClock;
  const file = join(data, "cadre.db");
  const store = openStore({ file, clock, ...(options.readOnly ? { readOnly: true } : {}) });
  const engine = lazily(async () => {
    const { openEngine } = await import("../engine/engine.ts");
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
  const telling = new Set<Promise<void>>();
  const settled = async (): Promise<void> => void (await Promise.all(telling));
  const advance: Cadre["advance"] = async (run, given) => {
    const { openTeller } = await import("../notices/teller.ts");
    const teller = openTeller({ dir, store, clock }, run);
    const { options: listening, tell } = heard(given ?? {});
    const onEvent = (stored: StoredEvent): void => {
      if (stored.event.type === "ask_raised") teller.nudge();
      listening.onEvent?.(stored);
    };
    let result: AdvanceResult;
    try {
      await requireRemembered(store, journalDir, run);
      await requireWorkspace(store, data, run);
      result = await (await engine()).advance(run, { ...listening, onEvent });
      await journal(run);
    } catch (error) {
      tell(true);
      // Whoever owns the run renders its journal, and a history that is not whole is no source for one (D8).
      const renders = !(["run-owned", "run-unknown", "chain-broken"] as const).some((code) =>
        isCadreError(error, code),
      );
      if (renders) await journal(run).catch(() => []); // no trouble with the journal may hide why the run did not go on
      throw error;
    } finally {
      // Whoever waits for the outcome need not wait for a target that is slow.
      const told: Promise<void> = teller.rest().finally(() => telling.delete(told));
      telling.add(told);
    }
    tell(false);
    return result;
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
    passDeadlines: () => passDeadlines({ store, clock }),
    notify: async ({ resume = false } = {}) => {
      const { tellOpen } = await import("../notices/teller.ts");
      await passDeadlines({ store, clock });
      const gone = resume ? await goOn({ store, clock }, advance) : { resumed: [], stuck: [] };
      await settled();
      return { ...(await tellOpen({ dir, store, clock })), ...gone };
    },
    decide: async (ask, input) => {
      // Before the decision is on disk: it would stand, and the run could not go on with it.
      const run = (await store.ask(ask))?.run;
      if (run) {
        await requireRemembered(store, journalDir, run);
        await requireWorkspace(store, data, run);
      }
      const [{ decideAsk }, { secretsOf }] = await Promise.all([
        import("../run/decide-ask.ts"),
        import("../engine/guard.ts"),
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
      const { acknowledgeAsk } = await import("../run/decide-ask.ts");
      return acknowledgeAsk({ store, clock }, ask, seen);
    },
    stop: async (run, by) => {
      await knownRun(store, run);
      await requireRemembered(store, journalDir, run);
      await store.setSignal(run, "stop", by);
      const stopped = await (await engine()).stop(run);
      if (stopped.endedAt !== null) await journal(run); // otherwise its owner ends it and renders its journal
      return stopped;
    },
    changes: async (run) => (await engine()).changes(await knownRun(store, run)),
    apply: async (run) => (await engine()).apply(await knownRun(store, run)),
    journal: async (run) => journal((await knownRun(store, run)).id),
    verify: async (run, verify = {}) => {
      const { verifyRun } = await import("../run/verify/verify-run.ts");
      await knownRun(store, run);
      const anchors = await rememberedBy(journalDir, run);
      return heldStill((still) => verifyRun(still, run, { anchors, ...verify }));
    },
    verifyAll: async ({ onRun = () => undefined, ...verify } = {}) => {
      const { verifyAll } = await import("../run/verify/verify-all.ts");
      const anchorsOf = (run: RunId): Promise<readonly Anchor[]> => rememberedBy(journalDir, run);
      const remembered = async (): Promise<readonly RunId[]> => {
        const { journalFolders } = await import("../store/journal-files.ts");
        return journalFolders(journalDir).filter(isRunId);
      };
      const hasWorkspace = (run: RunId): boolean => existsSync(join(data, "workspaces", run));
      return heldStill((still) => verifyAll(still, { anchorsOf, remembered, hasWorkspace, onRun, ...verify }));
    },
    promptOf: (role) => promptOf(dir, role),
    activity: async () => (await import("./activity.ts")).activity(),
    settled,
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
    import("../project.ts"),
    import("../run/system-prompt.ts"),
    import("../org/chart.ts"),
  ]);
  const bound = bindProject(await loadProject(dir), {});
  if (!findRole(bound.chart, slug)) throw new CadreError("role-unknown", `there is no role ${slug} in modes/`);
  return systemPrompt(bound, slug);
}

/** Whom the operator lets approve; empty: everyone. Errors: config-invalid. */
async function approversIn(dir: string): Promise<readonly string[]> {
  return configMentions(dir, "approvers") ? (await import("../config/config.ts")).requireConfig(dir).approvers : [];
}

/** Takes up what deadlines decided, run after run: one that cannot go on keeps none of the others. */
async function goOn(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  advance: Cadre["advance"],
): Promise<Pick<Notified, "resumed" | "stuck">> {
  const { movedOn } = await import("../notices/moved-on.ts");
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

type Lazy<Value> = (() => Promise<Value>) & { readonly made: () => Promise<Value> | undefined };

function lazily<Value>(make: () => Promise<Value>): Lazy<Value> {
  let made: Promise<Value> | undefined;
  return Object.assign(() => (made ??= make()), { made: () => made });
}
