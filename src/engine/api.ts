/** What the engine of an open project does, and what it is given. */
import type { Brief } from "../briefs/brief.ts";
import type { Clock } from "../clock.ts";
import type { ChangeSet } from "../events/event.ts";
import type { IdSource, RunId } from "../ids.ts";
import type { RoleModel } from "../models/model.ts";
import type {
  AdvanceOptions,
  AdvanceResult,
  Changes,
  ForkOptions,
  ForkPlan,
  Rehearsed,
  StartOptions,
} from "../run/api.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow, RunRow, StoredEvent } from "../store/rows.ts";
import type { Sandbox } from "../tools/sandbox/sandbox.ts";

export type EngineOptions = {
  readonly dir: string;
  readonly data: string;
  readonly journal: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly model: RoleModel | null;
  /** False: nothing outside is started or asked, so that roles have no MCP tools, and no commands. */
  readonly outside?: boolean;
  /** Where commands run; left out: bubblewrap. */
  readonly sandbox?: Sandbox | undefined;
};

export interface Engine {
  start(brief: Brief, options: StartOptions): Promise<RunRow>;
  preview(brief: Brief, options: StartOptions): Promise<readonly StoredEvent[]>;
  rehearse(brief: Brief, options: StartOptions): Promise<Rehearsed>;
  advance(run: RunId, options?: AdvanceOptions): Promise<AdvanceResult>;
  planFork(run: RunRow, options: ForkOptions): Promise<ForkPlan>;
  fork(run: RunRow, options: ForkOptions): Promise<RunRow>;
  stop(run: RunId): Promise<RunRow>;
  changes(run: RunRow): Promise<Changes>;
  apply(run: RunRow): Promise<ChangeSet>;
  /** What is wrong with arguments put in place of those that an ask is about, in words; null where nothing is. */
  argumentProblem(ask: AskRow, args: unknown): Promise<string | null>;
  /** Lets go of models that were loaded into this process. */
  close(): Promise<void>;
}
