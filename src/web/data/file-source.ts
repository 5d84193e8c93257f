/** An exported run as a source: everything stands in the page, nothing is asked of anybody, and nothing can be changed. */
import type { ErrorView } from "../../views/control-room/session.ts";
import type { ExportView } from "../../views/control-room/export.ts";
import { SourceError, type Source } from "./source.ts";

/** The data of an exported file; null where the page comes from a server. */
export function exportedRun(): ExportView | null {
  const held = document.getElementById("cadre-export")?.textContent;
  return held === null || held === undefined ? null : (JSON.parse(held) as ExportView);
}

const refusal: ErrorView = {
  code: "exported",
  message: "this is a copy of one run: what it does not hold, it cannot show",
  hint: null,
  place: null,
  move: "person",
  data: {},
};

function notHere(): Promise<never> {
  return Promise.reject(new SourceError(0, refusal));
}

export function fileSource(held: ExportView): Source {
  return {
    session: () =>
      Promise.resolve({
        user: { name: "", may: [] },
        project: "",
        version: held.version,
        command: "npx cadre",
        dir: null,
        openAsks: 0,
        newest: 0,
      }),
    runs: () => Promise.resolve([held.run]),
    run: () => Promise.resolve(held.run),
    events: () => Promise.resolve({ events: held.events, cursor: held.events.at(-1)?.seq ?? 0 }),
    chartOf: () => Promise.resolve(held.chart),
    changes: () => (held.changes === null ? notHere() : Promise.resolve(held.changes)),
    journal: () => Promise.resolve(held.journal),
    verification: () =>
      Promise.resolve({ ...held.verified, problems: held.verified.problems.map((what) => ({ what })) }),
    ask: notHere,
    asks: () => Promise.resolve(held.asks),
    layout: () => Promise.resolve(held.placed),
    modes: notHere,
    prompt: notHere,
    coverage: notHere,
    who: notHere,
    health: notHere,
    briefs: notHere,
    brief: notHere,
    decide: notHere,
    acknowledge: notHere,
    start: notHere,
    preview: notHere,
    resume: notHere,
    stop: notHere,
    planFork: notHere,
    fork: notHere,
    retry: notHere,
    rehearse: notHere,
    choices: notHere,
    apply: notHere,
    link: notHere,
    signOut: notHere,
  };
}
