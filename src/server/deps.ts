/** What the routes of the server are given. */
import type { Cadre } from "../cadre/api.ts";
import type { Clock } from "../clock.ts";
import type { Problem } from "../documents/problem.ts";
import { CadreError } from "../errors.ts";
import { isAskId, isRunId } from "../ids.ts";
import type { Placer } from "../layout/place.ts";
import type { Mode } from "../modes/mode.ts";
import type { OrgChart, Route } from "../org/chart.ts";
import type { Workflow } from "../org/workflow.ts";
import type { Listings } from "../store/listings.ts";
import type { AskRow, RunRow } from "../store/rows.ts";
import type { CheckView } from "../views/control-room/health.ts";
import type { ChoicesView } from "../views/control-room/project.ts";
import type { AccessOptions } from "./access.ts";
import type { Assets } from "./assets.ts";
import type { Rows } from "./documents.ts";
import type { Figures } from "./figures.ts";
import type { Live } from "./live.ts";
import type { Mover } from "./mover.ts";

/** What the project's files hold at the moment. */
export type ProjectFiles = {
  readonly modes: readonly Mode[];
  readonly chart: OrgChart;
  /** Every route as declared, also to roles that do not exist. */
  readonly declared: readonly Route[];
  readonly workflow: Workflow | null;
  readonly problems: readonly Problem[];
  /** The lines around a problem; none where its file cannot be shown. */
  readonly frameOf: (problem: Problem) => readonly string[];
};

/** What the command line knows and the server shows as well; given to it, as neither imports the other's commands. */
export interface ProjectPort {
  files(): Promise<ProjectFiles>;
  /** As `cadre doctor` says it. */
  checks(): Promise<readonly CheckView[]>;
  /** Where the models of cadre.yaml are asked; those of this process are asked nowhere. */
  servers(): readonly { readonly model: string; readonly origin: string }[];
  /** What a run can be started with. */
  choices(): ChoicesView;
  /** Takes the values of secrets that this project names out of a text (R8). */
  cleaned(): (text: string) => string;
}

export type ServerDeps = {
  readonly cadre: Cadre;
  readonly listings: Listings;
  readonly clock: Clock;
  readonly project: ProjectPort;
  readonly access: AccessOptions;
  readonly assets: Assets;
  readonly live: Live;
  readonly mover: Mover;
  readonly figures: Figures;
  readonly placer: Placer;
  readonly version: string;
  /** What every shown command starts with. */
  readonly command: string;
  /** Where the page is served, without a closing slash: empty, or `/cadre`. */
  readonly base: string;
  /** Whether only this machine reaches it. */
  readonly loopback: boolean;
  readonly onFault: (error: unknown) => void;
  /** A one-time link was used: the next one is there to be shown. */
  readonly onLinkUsed: () => void;
};

export function rowsOf({ cadre, clock, figures, mover }: ServerDeps): Rows {
  return { store: cadre.store, clock, figures, mover };
}

/** Errors: run-unknown. */
export async function theRun({ cadre }: ServerDeps, id: string): Promise<RunRow> {
  const run = isRunId(id) ? await cadre.store.run(id) : undefined;
  if (run) return run;
  throw new CadreError("run-unknown", "there is no such run here", { hint: "`cadre runs` lists them." });
}

/** Errors: ask-unknown. */
export async function theAsk({ cadre }: ServerDeps, id: string): Promise<AskRow> {
  const ask = isAskId(id) ? await cadre.store.ask(id) : undefined;
  if (ask) return ask;
  throw new CadreError("ask-unknown", "there is no such ask here", { hint: "`cadre inbox` lists what is open." });
}
