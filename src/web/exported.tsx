/** One run in a file of its own: the same page, with what was measured when it was written. */
import { useMemo, type ReactNode } from "react";
import { Router } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import type { ExportView } from "../views/control-room/export.ts";
import { fileSource } from "./data/file-source.ts";
import { SurroundingsContext, type Surroundings } from "./data/hooks.ts";
import { RunPage } from "./pages/run-page.tsx";
import { DoneSign, WarningSign } from "./parts/icons.tsx";
import { Theme } from "./parts/top-bar.tsx";
import { plural, shown, timeWords } from "./parts/words.ts";

export function ExportedRun({ held }: { readonly held: ExportView }): ReactNode {
  const surroundings = useMemo((): Surroundings => {
    const session = {
      user: { name: "", may: [] },
      project: "",
      version: held.version,
      command: "npx cadre",
      dir: null,
      openAsks: 0,
      newest: 0,
    };
    return { source: fileSource(held), session, exported: true };
  }, [held]);
  const { ok, events, problems } = held.verified;
  return (
    <SurroundingsContext value={surroundings}>
      <Router hook={useHashLocation}>
        <header className="top">
          <span className="brand">cadre</span>
          <span className="muted">
            a copy of run <code>{held.run.id}</code>, written {timeWords(held.exportedAt)} by cadre {held.version}
          </span>
          <span className={`verified ${ok ? "verified-ok" : "verified-broken"}`} title={problems.map(shown).join("\n")}>
            {ok ? <DoneSign /> : <WarningSign />}
            {ok ? `${plural(events, "event")}, chain whole` : `${plural(problems.length, "problem")} in its chain`}
          </span>
          <Theme />
        </header>
        <main id="main">
          <RunPage id={held.run.id} />
        </main>
      </Router>
    </SurroundingsContext>
  );
}
