/** What waits for a person: what is asked, why them, exactly what will happen, and everything that they may say. */
import type { ReactNode } from "react";
import type { AskView } from "../../views/control-room/asks.ts";
import type { ChangesView } from "../../views/control-room/runs.ts";
import { useLoaded, useNow, useSource, useSurroundings } from "../data/hooks.ts";
import { AskForm } from "./ask-form.tsx";
import { FileDiff } from "./diff.tsx";
import { Folded } from "./folded.tsx";
import { Markdown } from "./markdown.tsx";
import { ReportView } from "./report.tsx";
import { decisionText, pastWords } from "./settled.tsx";
import { RuleQuote } from "./small.tsx";
import type { Names } from "./trace-list.tsx";
import { agoWords, deadlineWords, kindWords, plural, shown, timeWords } from "./words.ts";
import { PauseSign, PersonSign } from "./icons.tsx";
import { visibleJson, visibleLines } from "../../views/escape.ts";
import { askedInstead, standInText } from "../../views/stand-in.ts";

const titles: Readonly<Record<AskView["kind"], (name: string) => string>> = {
  question: (name) => `${name} has a question`,
  escalation: (name) => `${name} needs you`,
  assignment: (name) => `A task for you, from the desk of ${name}`,
  approval: (name) => `${name} asks for your approval`,
  sign_off: (name) => `${name} asks for the sign-off`,
  limit: () => "A limit was reached",
  doubt: () => "An effect is in doubt",
  chart: () => "The chart has changed",
};

/** From so many characters on a question is set as text, not as a headline. */
const longHead = 140;
/** From so many on it would push what may be answered out of sight on a small screen. */
const foldedHead = 260;

/** What is asked, why them and what they may say come first, and are in sight on a small screen too; how it came to that follows. */
export function AskCard({
  ask,
  names,
  onDecided,
}: {
  readonly ask: AskView;
  readonly names: Names;
  readonly onDecided: (decided: AskView) => void;
}): ReactNode {
  const now = useNow();
  const { exported } = useSurroundings();
  const [head = "", ...rest] = ask.question.trim().split(/\n\s*\n/);
  const background = (
    <>
      {rest.length === 0 ? null : <Longer text={rest.join("\n\n")} />}
      <dl className="facts">
        <Fact name="Path">
          <span className="path">{[...ask.path, ask.to].map(names).join(" → ")}</span>
        </Fact>
        {ask.state === "open" ? <Deadline ask={ask} names={names} now={now} /> : null}
        <Fact name="Kind">
          {kindWords(ask.kind)}, {ask.severity}, <code>{ask.id}</code>
        </Fact>
        {ask.acknowledged === null ? null : (
          <Fact name="Seen by">
            {shown(ask.acknowledged.by)}, {agoWords(ask.acknowledged.at, now)}
          </Fact>
        )}
      </dl>
    </>
  );
  return (
    <article className="ask" aria-label={`Ask ${ask.id}`}>
      <header className="ask-head">
        <PauseSign />
        <h2>{titles[ask.kind](names(ask.role))}</h2>
        <span className="muted" title={timeWords(ask.raisedAt)}>
          {agoWords(ask.raisedAt, now)}
        </span>
      </header>
      <Question text={head} whole={exported || ask.state !== "open"} />
      <dl className="facts">
        <Fact name="Why you">
          <RuleQuote rule={ask.rule} kind="escalation" />
        </Fact>
        <Votes ask={ask} />
      </dl>
      <ExactAction ask={ask} />
      {ask.state === "open" && !exported ? (
        <AskForm ask={ask} names={names} onDecided={onDecided}>
          {background}
        </AskForm>
      ) : (
        <>
          {background}
          <Decided ask={ask} />
        </>
      )}
    </article>
  );
}

/** `whole`: nothing is to be decided below it any more. */
function Question({ text, whole }: { readonly text: string; readonly whole: boolean }): ReactNode {
  const className = text.length > longHead ? "ask-question ask-question-long" : "ask-question";
  if (text.length > foldedHead && !whole) return <Folded text={text} className={className} />;
  return <p className={className}>{shown(text)}</p>;
}

function Longer({ text }: { readonly text: string }): ReactNode {
  return (
    <details className="more" open={text.length < 160}>
      <summary>What was tried</summary>
      <Markdown text={text} />
    </details>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Deadline({
  ask,
  names,
  now,
}: {
  readonly ask: AskView;
  readonly names: Names;
  readonly now: number;
}): ReactNode {
  const rest = "this work rests, and nothing is billed for it";
  if (ask.deadline === null) return <Fact name="If you wait">{rest}, for as long as it takes</Fact>;
  return (
    <Fact name="If you wait">
      {rest};{" "}
      <span title={timeWords(ask.deadline)}>{deadlineWords({ ...ask, deadline: ask.deadline }, names, now)}</span>
    </Fact>
  );
}

function Votes({ ask }: { readonly ask: AskView }): ReactNode {
  if (ask.approvers === null) return null;
  const { by, quorum, notBy } = ask.approvers;
  return (
    <Fact name="Needs">
      {quorum} of {by === null ? "anyone" : by.map(shown).join(", ")}
      {notBy.length === 0 ? "" : `, not ${notBy.map(shown).join(", ")}`}
      {ask.votes.length === 0 ? null : (
        <ul className="votes">
          {ask.votes.map((vote) => (
            <li key={`${vote.by} ${vote.at}`}>
              <PersonSign /> {shown(vote.by)} {vote.verb === "approve" ? "approves" : "rejects"}
              {vote.hash === ask.hash || vote.verb === "reject" ? "" : " (void: the arguments were changed after it)"}
              {vote.text === "" ? "" : `: ${shown(vote.text)}`}
            </li>
          ))}
        </ul>
      )}
    </Fact>
  );
}

/** R3: what stands here is what runs, and what the hash is of. */
function ExactAction({ ask }: { readonly ask: AskView }): ReactNode {
  const { action } = ask;
  if (action === null) return null;
  if (action.type === "sign_off") {
    return (
      <section className="exact">
        <h3>Exactly this is signed off</h3>
        <ReportView report={action.report} receipts={null} />
        <SignedChanges run={ask.run} count={action.changes.files.length} hash={action.changes.hash} />
        <Hash hash={ask.hash} />
      </section>
    );
  }
  const args = lastArgs(ask) ?? action.args;
  return (
    <section className="exact">
      <h3>
        Exactly this will run: <code>{shown(action.tool)}</code>
      </h3>
      <Arguments args={args} />
      <Hash hash={ask.hash} />
    </section>
  );
}

/** Arguments that a voter put in place of those that were proposed. */
function lastArgs(ask: AskView): unknown {
  return ask.votes.findLast((vote) => vote.args !== undefined)?.args;
}

export function Arguments({ args }: { readonly args: unknown }): ReactNode {
  const entries = typeof args === "object" && args !== null ? Object.entries(args) : [];
  return (
    <dl className="arguments">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{shown(name)}</dt>
          <dd>
            <pre tabIndex={0}>{typeof value === "string" ? visibleLines(value).join("\n") : visibleJson(value, 1)}</pre>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Hash({ hash }: { readonly hash: string }): ReactNode {
  return (
    <p className="hash">
      sha256 <code title={hash}>{hash.slice(0, 16)}</code>
    </p>
  );
}

function SignedChanges({
  run,
  count,
  hash,
}: {
  readonly run: string;
  readonly count: number;
  readonly hash: string;
}): ReactNode {
  const source = useSource();
  const changes = useLoaded<ChangesView>(`changes ${run} ${hash}`, () => source.changes(run));
  if (count === 0) return <p className="muted">No file was changed.</p>;
  const stale = changes.value !== undefined && changes.value.hash !== hash;
  return (
    <div>
      <h4>{plural(count, "file")}</h4>
      {stale ? <p className="note note-error">The workspace is no longer what the report submitted.</p> : null}
      {changes.error === null ? null : <p className="muted">{shown(changes.error.message)}</p>}
      {changes.value?.files.map((file) => (
        <FileDiff key={file.path} file={file} />
      ))}
    </div>
  );
}

function Decided({ ask }: { readonly ask: AskView }): ReactNode {
  const { decision, state } = ask;
  if (state === "withdrawn") return <p className="muted">Withdrawn: the run has ended.</p>;
  if (decision === null) return <p className="muted">Open when this was written.</p>;
  const asked = askedInstead(ask.to, decision);
  return (
    <p className="decided">
      <PersonSign /> <strong>{shown(decision.by)}</strong> {pastWords[decision.verb]} ({shown(decision.face)},{" "}
      {timeWords(decision.at)}){asked === null ? "" : `, ${shown(standInText(asked, decision))}`}
      {decision.text === "" ? "" : `: ${shown(decisionText(ask))}`}
    </p>
  );
}
