/** The trace: every step with its number, its rule and what it held. The text of the picture beside it. */
import { memo, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { type TraceStep, isListed, movingKinds, playerText } from "../../views/trace/trace.ts";
import { useSurroundings } from "../data/hooks.ts";
import type { Streaming } from "../data/use-run.ts";
import { Segments, RuleQuote } from "./small.tsx";
import { plural, shown, tookWords } from "./words.ts";
import { visibleLines } from "../../views/escape.ts";
import { standInOf } from "../../views/stand-in.ts";
import { plainName, type DrawnChart } from "../../views/picture.ts";

/** So many steps are there at first; a run of thousands opens as fast as one of ten. */
const firstPage = 120;
const nextPage = 500;

type Scope = "moves" | "all";

export function TraceList({
  steps,
  streaming,
  names,
  only,
  lit,
  onLight,
}: {
  readonly steps: readonly TraceStep[];
  readonly streaming: Streaming | null;
  readonly names: Names;
  /** Only what this role did or was turned to for; null: everything. */
  readonly only: string | null;
  readonly lit: number | null;
  readonly onLight: (n: number | null) => void;
}): ReactNode {
  const [scope, setScope] = useState<Scope>("all");
  const [room, setRoom] = useState(firstPage);
  const listed = steps.filter(
    (step) =>
      isListed(step) &&
      (scope === "all" || !quiet.has(step.kind)) &&
      (only === null || step.from === only || step.to === only),
  );
  const hiddenSteps = Math.max(0, listed.length - room);
  const shownSteps = hiddenSteps === 0 ? listed : listed.slice(hiddenSteps);
  const { box, end } = useFollow(steps.length, streaming?.text.length ?? 0);
  return (
    <section className="trace" aria-label="Trace">
      <div className="trace-head">
        <Segments
          label="Which steps"
          value={scope}
          options={[
            ["all", "All steps"],
            ["moves", "Only moves"],
          ]}
          onChange={setScope}
        />
        <span className="muted">
          {plural(listed.length, "step")}
          {only === null ? "" : ` of ${names(only)}`}
        </span>
      </div>
      <div className="trace-box" ref={box} tabIndex={0} role="region" aria-label="Steps">
        {hiddenSteps === 0 ? null : (
          <button type="button" className="wide" onClick={() => setRoom(room + nextPage)}>
            Show {plural(Math.min(hiddenSteps, nextPage), "earlier step")} of {hiddenSteps}
          </button>
        )}
        <ol className={shownSteps.length > 60 ? "steps steps-many" : "steps"}>
          {shownSteps.map((step, at) => (
            <Step
              key={step.seq}
              step={step}
              names={names}
              took={tookOf(shownSteps[at - 1], step)}
              lit={lit === step.n}
              onLight={onLight}
            />
          ))}
          {streaming === null ? null : <OpenStep streaming={streaming} names={names} />}
        </ol>
        {listed.length === 0 && streaming === null ? <p className="muted pad">No step yet.</p> : null}
        <div ref={end} />
      </div>
    </section>
  );
}

/** A role's name as people read it. */
export type Names = (slug: string) => string;

export function namesOf(chart: DrawnChart | undefined): Names {
  const names = new Map(chart?.roles.map(({ slug, name }) => [slug, name]));
  return (slug) => (slug === "user" ? "You" : shown(plainName(names.get(slug) ?? slug)));
}

const quiet: ReadonlySet<TraceStep["kind"]> = new Set(["tool", "returned", "copy"]);

function tookOf(before: TraceStep | undefined, step: TraceStep): string {
  return before === undefined ? "" : tookWords(Date.parse(step.at) - Date.parse(before.at));
}

const Step = memo(function Step({
  step,
  names,
  took,
  lit,
  onLight,
}: {
  readonly step: TraceStep;
  readonly names: Names;
  readonly took: string;
  readonly lit: boolean;
  readonly onLight: (n: number | null) => void;
}): ReactNode {
  const { n, kind, from, to, verb, ok, line } = step;
  const tone = toneOf(kind, ok);
  const nested = line.split(".").length > 2;
  return (
    <li
      id={kind === "model" ? undefined : `step-${n}`}
      className={`step tone-${tone}${lit ? " step-lit" : ""}${nested ? " step-child" : ""}`}
      onMouseEnter={() => onLight(n)}
      onMouseLeave={() => onLight(null)}
    >
      <span className="badge">{kind === "model" ? "·" : n}</span>
      <div className="step-body">
        <div className="step-head">
          <strong>{names(from)}</strong> <span className="verb">{shown(verb)}</span>
          {to === null ? null : (
            <>
              {" "}
              <strong>{names(to)}</strong>
            </>
          )}
          {took === "" ? null : <time title={step.at}>{took}</time>}
        </div>
        <StepBody step={step} tone={tone} />
      </div>
    </li>
  );
});

function StepBody({ step, tone }: { readonly step: TraceStep; readonly tone: string }): ReactNode {
  const { kind, text, rule, details, measurements } = step;
  const cites = movingKinds.has(kind) || kind === "refusal" || kind === "ask";
  return (
    <>
      {text === "" ? null : <StepText text={text} code={kind === "tool"} />}
      <Note text={standInOf(step)} />
      <Note text={playerText(step)} />
      {measurements.length === 0 || kind !== "tool" ? null : (
        <span className="measured" title={`receipt ${step.effect ?? ""}`}>
          {plural(measurements.length, "measurement")}, receipt <code>{step.effect}</code>
        </span>
      )}
      {rule === null || !cites ? null : <RuleQuote rule={rule} kind={tone} />}
      {details.length === 0 ? null : <Details details={details} n={step.n} />}
    </>
  );
}

/** Whose question it was that somebody else has decided, or which model plays a role from here on. */
function Note({ text }: { readonly text: string | null }): ReactNode {
  return text === null ? null : <p className="muted">{shown(text)}</p>;
}

function Details({ details, n }: { readonly details: TraceStep["details"]; readonly n: number }): ReactNode {
  const { exported } = useSurroundings();
  return (
    <details className="more">
      <summary>Details</summary>
      <dl>
        {details.map(({ label, lines }) => (
          <div key={label}>
            <dt>{shown(label)}</dt>
            <dd>{lines.flatMap((each) => visibleLines(each)).join("\n")}</dd>
          </div>
        ))}
      </dl>
      {exported ? null : (
        <button
          type="button"
          className="link"
          onClick={() => window.dispatchEvent(new CustomEvent("cadre-fork", { detail: n }))}
        >
          Do it otherwise from here…
        </button>
      )}
    </details>
  );
}

/** Long texts are cut, and there in full for whoever asks. */
function StepText({ text, code }: { readonly text: string; readonly code: boolean }): ReactNode {
  const [open, setOpen] = useState(false);
  const whole = visibleLines(text.trim()).join("\n");
  const short = whole.length > 260 && !open ? `${whole.slice(0, 240).trimEnd()}…` : whole;
  return (
    <p className={code ? "step-text step-code" : "step-text"}>
      {short}
      {whole.length <= 260 ? null : (
        <>
          {" "}
          <button type="button" className="link" onClick={() => setOpen(!open)}>
            {open ? "less" : "more"}
          </button>
        </>
      )}
    </p>
  );
}

/** What a model says at this moment. */
function OpenStep({ streaming, names }: { readonly streaming: Streaming; readonly names: Names }): ReactNode {
  return (
    <li className="step step-open tone-model">
      <span className="badge" aria-hidden="true">
        …
      </span>
      <div className="step-body">
        <div className="step-head">
          <strong>{names(streaming.role)}</strong> <span className="verb">is writing</span>
        </div>
        <pre className="live-text">{visibleLines(streaming.text).join("\n")}</pre>
      </div>
    </li>
  );
}

export function toneOf(kind: TraceStep["kind"], ok: boolean): string {
  if (kind === "refusal") return "refusal";
  if (!ok) return "failed";
  switch (kind) {
    case "escalation":
    case "question":
    case "ask":
    case "limit":
      return "escalation";
    case "delegation":
    case "start":
    case "fork":
      return "delegation";
    case "report":
    case "copy":
    case "review":
      return "report";
    case "answer":
    case "opinion":
    case "approval":
    case "decision":
      return "decision";
    case "end":
      return "end";
    case "tool":
    case "model":
    case "returned":
      return "tool";
  }
}

/** Follows what comes, but only for whoever looks at the end. */
function useFollow(
  steps: number,
  text: number,
): {
  readonly box: React.RefObject<HTMLDivElement | null>;
  readonly end: React.RefObject<HTMLDivElement | null>;
} {
  const box = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const own = box.current;
    if (own === null) return;
    const onScroll = (): void => {
      follows.current = own.scrollHeight - own.scrollTop - own.clientHeight < 48;
    };
    own.addEventListener("scroll", onScroll, { passive: true });
    return () => own.removeEventListener("scroll", onScroll);
  }, []);
  useLayoutEffect(() => {
    const own = box.current;
    if (own !== null && follows.current) own.scrollTop = own.scrollHeight;
  }, [steps, text]);
  return { box, end };
}
