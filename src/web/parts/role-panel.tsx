/** A role as its file declares it: what it is for, its routes with their purposes, and what it is told. */
import { useState, type ReactNode } from "react";
import type { ChartView, CoverageView, ProblemView } from "../../views/control-room/project.ts";
import { plainName } from "../../views/picture.ts";
import { useLoaded, useSource } from "../data/hooks.ts";
import { FilePlace, Waiting } from "./small.tsx";
import { figureWords, plural, shown } from "./words.ts";

const sections = [
  ["delegation", "from", "Delegates to"],
  ["escalation", "from", "Escalates to"],
  ["report", "from", "Reports are copied to"],
  ["delegation", "to", "Is given work by"],
  ["escalation", "to", "Is asked by"],
] as const;

export function RolePanel({
  chart,
  slug,
  problems,
  coverage,
  onClose,
}: {
  readonly chart: ChartView;
  readonly slug: string;
  readonly problems: readonly ProblemView[];
  readonly coverage: CoverageView | undefined;
  readonly onClose: () => void;
}): ReactNode {
  const role = chart.roles.find((each) => each.slug === slug);
  const times = new Map(
    (coverage?.routes ?? []).map((route) => [`${route.kind} ${route.from} ${route.to}`, route.times]),
  );
  const own = problems.filter(({ file }) => file === role?.file);
  return (
    <aside className="role-panel" aria-label={role ? `Role ${role.name}` : "You"}>
      <header>
        <h2>{role ? shown(plainName(role.name)) : "You"}</h2>
        <button type="button" className="quiet" onClick={onClose}>
          Close
        </button>
      </header>
      {role === undefined ? (
        <p className="muted">Whoever started the run: where the last escalation ends.</p>
      ) : (
        <>
          <p>{shown(role.description)}</p>
          <p className="muted">
            {shown(role.level || role.rank)} ·{" "}
            {role.staffedBy === "person" ? "a person" : shown(role.model ?? "model as mapped")} ·{" "}
            {[...role.toolGroups, ...role.granted.map((group) => `${group} (granted)`)].map(shown).join(", ") ||
              "no tools"}{" "}
            · <FilePlace file={role.file} line={1} />
          </p>
        </>
      )}
      {own.length === 0 ? null : <p className="problem-count">{plural(own.length, "problem")}</p>}
      {sections.map(([kind, side, title]) => {
        const routes = chart.routes.filter((route) => route.kind === kind && route[side] === slug);
        return routes.length === 0 ? null : (
          <section key={title}>
            <h3>{title}</h3>
            <ul className="routes">
              {routes.map((route) => {
                const other = side === "from" ? route.to : route.from;
                const walked = times.get(`${route.kind} ${route.from} ${route.to}`) ?? 0;
                return (
                  <li key={other} className={`rule rule-${kind}`}>
                    <strong>{other === "user" ? "you" : shown(other)}</strong>
                    <span className="muted"> {walked === 0 ? "never walked" : `walked ${walked}×`}</span>
                    <br />
                    <q>{shown(route.purpose)}</q> <FilePlace file={route.file} line={route.line} />
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
      {role === undefined ? null : <Prompt slug={slug} />}
    </aside>
  );
}

function Prompt({ slug }: { readonly slug: string }): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <section>
      <h3>What it is told</h3>
      {open ? (
        <PromptText slug={slug} />
      ) : (
        <button type="button" onClick={() => setOpen(true)}>
          Show the prompt
        </button>
      )}
    </section>
  );
}

function PromptText({ slug }: { readonly slug: string }): ReactNode {
  const source = useSource();
  const { value, error, reload } = useLoaded(`prompt ${slug}`, () => source.prompt(slug));
  if (!value) return <Waiting error={error} what="the prompt" reload={reload} />;
  return (
    <>
      <p className="muted">
        about {figureWords(value.tokens)} tokens (a quarter of its {figureWords(value.text.length)} characters); the
        brief and the task come after it
      </p>
      <pre className="prompt" tabIndex={0}>
        {value.text}
      </pre>
    </>
  );
}
