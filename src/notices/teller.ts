/** Tells of a run's asks while it moves: at each ask that is raised, one look after another, and once more at the end. */
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { configMentions } from "../config/mentions.ts";
import type { RunId } from "../ids.ts";
import type { Store } from "../store/ports.ts";
import type { Told } from "./tell.ts";

export type TellerDeps = {
  /** The project's folder. */
  readonly dir: string;
  readonly store: Store;
  readonly clock: Clock;
};

/** What went up in a run that has ended since is still told for so long, in ms: its last process may have died before it did. */
const lately = 24 * 60 * 60_000;

/** One look at the asks of a run, or of all runs, that wait or went up. Errors: config-invalid; those of the store. */
export async function tellOpen({ dir, store, clock }: TellerDeps, run?: RunId): Promise<Told> {
  if (!configMentions(dir, "notify")) return { told: 0, failed: 0 };
  const [{ requireConfig }, { tellDue }, { sendNotice }] = await Promise.all([
    import("../config/config.ts"),
    import("./tell.ts"),
    import("./send.ts"),
  ]);
  const config = requireConfig(dir);
  if (config.notify.length === 0) return { told: 0, failed: 0 };
  const { env } = process;
  const decided = await store.decidedByClock(
    run === undefined ? { endedSince: new Date(clock.now() - lately).toISOString() } : { run },
  );
  const wentUp = decided.filter((ask) => ask.decision?.verb === "bump");
  const asks = [...wentUp, ...(await store.asks({ state: "open", ...(run === undefined ? {} : { run }) }))];
  const send: Parameters<typeof tellDue>[0]["send"] = (target, id, text) => sendNotice({ dir, env }, target, id, text);
  return tellDue({ store, clock, env, send, pause }, config, asks);
}

export interface Teller {
  /** Something was raised: look soon, without keeping the run waiting. */
  nudge(): void;
  /** Looks once more and waits for what is under way. A notice that fails fails no run: nothing is thrown. */
  rest(): Promise<void>;
}

export function openTeller(deps: TellerDeps, run: RunId): Teller {
  let last: Promise<void> = Promise.resolve();
  // One look at a time: the next begins when the one before has ended.
  const look = (): Promise<void> =>
    (last = last.then(async () => {
      await tellOpen(deps, run).catch(() => undefined);
    }));
  return { nudge: () => void look(), rest: look };
}
