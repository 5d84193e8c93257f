/** The organisation as its files declare it: a map, a table, what is wrong with it, how much of it is used, and what a role is told. */
import { useCallback, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useLoaded, useSource } from "../data/hooks.ts";
import { Coverage } from "../parts/coverage.tsx";
import { ModesMap } from "../parts/modes-map.tsx";
import type { ModesPartProps } from "../parts/modes-part.ts";
import { ModesTable } from "../parts/modes-table.tsx";
import { Problems } from "../parts/problems.tsx";
import { RolePanel } from "../parts/role-panel.tsx";
import { Segments, Waiting } from "../parts/small.tsx";
import { plural } from "../parts/words.ts";

export const modesTabs = ["map", "table", "problems", "coverage"] as const;
export type ModesTab = (typeof modesTabs)[number];

export function ModesPage({ tab }: { readonly tab: ModesTab }): ReactNode {
  const source = useSource();
  const { value, error, reload } = useLoaded("modes", () => source.modes());
  const coverage = useLoaded("coverage", () => source.coverage());
  const [selected, setSelected] = useState<string | null>(null);
  const [, go] = useLocation();
  const select = useCallback((role: string | null) => setSelected((before) => (before === role ? null : role)), []);
  if (!value) return <Waiting error={error} what="the modes" reload={reload} />;
  const { chart, problems } = value;
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.filter(({ severity }) => severity === "warning").length;
  return (
    <div className="page modes-page">
      <header className="page-head">
        <h1>Modes</h1>
        <Segments
          label="What is shown"
          value={tab}
          options={[
            ["map", "Map"],
            ["table", "Table"],
            ["problems", `Problems ${problems.length}`],
            ["coverage", "Coverage"],
          ]}
          onChange={(next) => go(`/modes/${next}`)}
        />
        <p className="muted">
          {plural(chart.roles.length, "role")} · {plural(chart.routes.length, "route")} · {plural(errors, "error")},{" "}
          {plural(warnings, "warning")}
        </p>
      </header>
      <div className={`modes${selected === null ? "" : " modes-with-role"}`}>
        <Part tab={tab} modes={value} coverage={coverage.value} selected={selected} onSelect={select} />
        {selected === null || tab === "problems" ? null : (
          <RolePanel
            key={selected}
            chart={chart}
            slug={selected}
            problems={problems}
            coverage={coverage.value}
            onClose={() => setSelected(null)}
          />
        )}
      </div>
    </div>
  );
}

function Part({ tab, ...given }: ModesPartProps & { readonly tab: ModesTab }): ReactNode {
  switch (tab) {
    case "map":
      return <ModesMap {...given} />;
    case "table":
      return <ModesTable {...given} />;
    case "problems":
      return <Problems problems={given.modes.problems} />;
    case "coverage":
      return <Coverage {...given} />;
  }
}
