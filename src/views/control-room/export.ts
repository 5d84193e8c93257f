/** A run as one file. */
import type { NumberedEvent } from "../../events/numbered.ts";
import type { RunView, ChangesView, JournalView } from "./runs.ts";
import type { AskView } from "./asks.ts";
import type { ChartView } from "./project.ts";
import type { Placed } from "./placed.ts";

/** cadre.export/1: a run as one file. */
export type ExportView = {
  readonly schema: "cadre.export/1";
  readonly exportedAt: string;
  readonly version: string;
  readonly run: RunView;
  readonly chart: ChartView;
  readonly placed: Placed | null;
  readonly events: readonly NumberedEvent[];
  readonly asks: readonly AskView[];
  readonly changes: ChangesView | null;
  readonly journal: JournalView;
  /** What `verify` said when it was exported. */
  readonly verified: { readonly ok: boolean; readonly events: number; readonly problems: readonly string[] };
};
