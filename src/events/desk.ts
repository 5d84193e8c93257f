/**
 * The desk: what a line knows about itself, a pure fold of its events. The graph's edges, the trace and the browser read the same one.
 *
 * K1. `desk.next` follows from the log alone, so a process that starts later goes on where the log ends (D6).
 * K2. At most one ask is open and at most one action is pending: a line is strictly sequential.
 * K3. While its children work, a line rests: its top frame goes on when the last of them is closed.
 * K4. The fold is memoised by event identity: folding a log of which a prefix was folded before costs only what is new (D7).
 */
import type { Decision, Event, EventOf, LimitName, Wait } from "./event.ts";
import { bringsForeign } from "./foreign.ts";
import { reportOfChild, reportOfFrame, taken, type StandingReport } from "./standing-reports.ts";

/** What waits for a person: asked by this line, or by another one of the run for all that would ask the same. */
export type DeskAsk = EventOf<"ask_raised"> | EventOf<"ask_awaited">;

/** A task that was given out together with others, until all of them are closed. */
export type DeskChild = {
  readonly line: string;
  readonly wait: Wait;
  readonly opened: EventOf<"child_opened">;
  readonly closed: EventOf<"child_closed"> | null;
  /** It was told to stop, because another one's report was enough. */
  readonly stopped: boolean;
};

export type DeskFrame = {
  readonly id: string;
  readonly role: string;
  readonly kind: EventOf<"frame_opened">["kind"];
  /** Who gets the answer. */
  readonly from: string;
  readonly opened: EventOf<"frame_opened">;
};

export type PendingAction = {
  readonly proposed: EventOf<"action_proposed">;
  /** Set when a person edited the arguments: what runs instead, and its hash. */
  readonly edited: EventOf<"action_edited"> | null;
  readonly approved: boolean;
  /** A person's word on an effect in doubt, and the ask that it answers. */
  readonly doubt: (Decision & { readonly ask: string }) | null;
};

export type Desk = {
  /** Events folded. */
  readonly length: number;
  readonly started: EventOf<"run_started"> | EventOf<"child_started"> | null;
  /** The call stack; the last frame acts. */
  readonly frames: readonly DeskFrame[];
  readonly ask: DeskAsk | null;
  /** Those that the top frame waits for, and those of them that are closed already. */
  readonly children: readonly DeskChild[];
  readonly action: PendingAction | null;
  /** The entry role's report; `signedOff` once a person approved exactly its change set. */
  readonly submitted: EventOf<"report_submitted"> | null;
  readonly signedOff: boolean;
  /** How that report was verified, once it was; and how many reports in a row the verifying role returned. */
  readonly verification: EventOf<"report_verified"> | null;
  readonly unverified: number;
  /** Reports that can still be returned. */
  readonly reports: readonly StandingReport[];
  /** By frame that works on returned work: how often it was returned. */
  readonly rounds: Readonly<Record<string, number>>;
  readonly turns: number;
  readonly steps: number;
  readonly refusals: number;
  readonly ceilings: Readonly<Partial<Record<LimitName, number>>>;
  /** Hash of the bound chart that the line works under. */
  readonly chart: string;
  /** Hashes of changed charts that a person decided not to adopt. */
  readonly keptOver: readonly string[];
  /** Ids of what tools found and a person let pass. */
  readonly accepted: readonly string[];
  /** Routes that were questioned because their purpose did not fit, as `frame to`. */
  readonly questioned: readonly string[];
  /** Frames that were told they give out too many tasks at once. */
  readonly narrowed: readonly string[];
  /** Copies sent to each role so far. */
  readonly copies: Readonly<Record<string, number>>;
  /** Hand-overs in a row that went to and fro between the same two roles. */
  readonly pingPong: { readonly from: string; readonly to: string; readonly count: number };
  /** Whether a tool has brought text here that nobody vouches for (`foreign.ts`). */
  readonly foreign: boolean;
  /** The line's last event. */
  readonly ended: EventOf<"run_ended"> | EventOf<"child_ended"> | null;
};

export type Next =
  | { readonly at: "role"; readonly role: string }
  | { readonly at: "gate" }
  | { readonly at: "act" }
  /** Its children are at work, or wait to be closed. */
  | { readonly at: "join" }
  | { readonly at: "rest" };

export const emptyDesk: Desk = {
  length: 0,
  started: null,
  frames: [],
  ask: null,
  children: [],
  action: null,
  submitted: null,
  signedOff: false,
  verification: null,
  unverified: 0,
  reports: [],
  rounds: {},
  turns: 0,
  steps: 0,
  refusals: 0,
  ceilings: {},
  chart: "",
  keptOver: [],
  accepted: [],
  questioned: [],
  narrowed: [],
  copies: {},
  pingPong: { from: "", to: "", count: 0 },
  foreign: false,
  ended: null,
};

const memo = new WeakMap<Event, Desk>();

/** Folds a line's log from its first event. */
export function deskOf(log: readonly Event[]): Desk {
  let known = log.length;
  let desk: Desk | undefined;
  while (known > 0 && desk === undefined) {
    const candidate = memo.get(log[known - 1] as Event);
    if (candidate?.length === known) desk = candidate;
    else known -= 1;
  }
  let folded = desk ?? emptyDesk;
  for (let index = known; index < log.length; index += 1) folded = step(folded, log[index] as Event);
  const last = log.at(-1);
  if (last) memo.set(last, folded);
  return folded;
}

export function nextOf(desk: Desk): Next {
  const top = desk.frames.at(-1);
  if (desk.ended || !top) return { at: "rest" };
  if (desk.ask) return { at: "gate" };
  if (desk.children.length > 0) return { at: "join" };
  // While the report is verified, whoever verifies it acts.
  if (desk.action || desk.submitted?.frame === top.id) return { at: "act" };
  return { at: "role", role: top.role };
}

/** The desk after one more event. */
export function step(desk: Desk, event: Event): Desk {
  return { ...desk, ...change(desk, event), length: desk.length + 1, foreign: desk.foreign || bringsForeign(event) };
}

function change(desk: Desk, event: Event): Partial<Desk> {
  switch (event.type) {
    case "run_started":
      return { started: event, chart: event.chart, ceilings: event.limits };
    case "child_started":
      return { started: event, chart: event.chart, ceilings: event.limits };
    // What was asked or proposed at the cut is the other run's; this one goes on under its own chart and limits.
    case "run_forked":
      return { ask: null, action: null, chart: event.chart, ceilings: event.limits };
    case "child_opened":
      return {
        children: [...desk.children, childOf(event)],
        pingPong: bounce(desk, { from: event.role, to: event.to }),
        reports: taken(desk.reports, event.frame),
      };
    case "child_closed":
      return {
        children: closed(desk.children, event),
        copies: event.copies.reduce(counted, desk.copies),
        reports: [...desk.reports, ...reportOfChild(desk.children, event)],
      };
    case "children_stopped":
      return {
        children: desk.children.map((child) =>
          event.children.includes(child.line) ? { ...child, stopped: true } : child,
        ),
      };
    case "frame_opened":
      return {
        frames: [
          ...desk.frames,
          { id: event.frame, role: event.to, kind: event.kind, from: event.from, opened: event },
        ],
        pingPong: event.kind === "delegation" || event.kind === "escalation" ? bounce(desk, event) : desk.pingPong,
        reports:
          event.kind === "delegation" && event.parent !== null && desk.rounds[event.frame] === undefined
            ? taken(desk.reports, event.parent)
            : desk.reports,
      };
    case "frame_closed":
      return {
        frames: desk.frames.filter((frame) => frame.id !== event.frame),
        reports: [...taken(desk.reports, event.frame), ...reportOfFrame(desk, event)],
        ...(event.frame === desk.submitted?.frame ? { submitted: null, signedOff: false, verification: null } : {}),
      };
    case "report_returned":
      return {
        reports: desk.reports.filter((each) => each.of !== event.of),
        rounds: { ...desk.rounds, [event.reopened]: event.round },
      };
    case "report_verified":
      return { verification: event, unverified: event.verdict === "return" ? desk.unverified + 1 : desk.unverified };
    case "turn_taken":
      return { turns: desk.turns + 1, steps: desk.steps + 1 };
    case "action_proposed":
      return { action: { proposed: event, edited: null, approved: !event.needsApproval, doubt: null } };
    case "action_edited":
      return desk.action ? { action: { ...desk.action, edited: event } } : {};
    case "action_done":
      return { action: null, steps: desk.steps + 1 };
    case "refused":
      return { refusals: desk.refusals + 1, action: afterRefusal(desk.action, event), ...toldOnce(desk, event) };
    case "report_submitted":
      return {
        submitted: event,
        signedOff: false,
        verification: null,
        reports: taken(desk.reports, event.frame),
      };
    case "copy_sent":
      return { copies: counted(desk.copies, event) };
    case "ask_raised":
    case "ask_awaited":
      return { ask: event };
    case "ask_decided":
      return decided(desk, event);
    case "ask_withdrawn":
      return { ask: null };
    case "limit_raised":
      return { ceilings: { ...desk.ceilings, [event.limit]: event.to } };
    case "chart_adopted":
      return { chart: event.to };
    case "run_ended":
    case "child_ended":
      return { ended: event, ask: null, action: null };
    case "calls_returned":
      return handedBack(desk, event);
    case "ask_acknowledged":
    case "vote_cast":
    case "decision_taken_up":
    case "opinion_given":
      return {};
  }
}

function decided(desk: Desk, event: EventOf<"ask_decided">): Partial<Desk> {
  const ask = desk.ask;
  if (ask?.ask !== event.ask) return {};
  const approve = event.decision.verb === "approve";
  switch (ask.kind) {
    case "approval":
      return approve && desk.action ? approved(desk, desk.action) : { ask: null, action: null };
    case "doubt":
      return {
        ask: null,
        action: desk.action ? { ...desk.action, doubt: { ...event.decision, ask: event.ask } } : null,
      };
    case "sign_off":
      // What a person sends back is verified anew.
      return approve ? { ask: null, signedOff: true } : { ask: null, submitted: null, unverified: 0 };
    case "chart":
      return {
        ask: null,
        keptOver: event.decision.text === "keep" ? [...desk.keptOver, ask.chart ?? ""] : desk.keptOver,
      };
    case "question":
    case "escalation":
    case "assignment":
    case "limit":
      return { ask: null };
  }
}

function approved(desk: Desk, action: PendingAction): Partial<Desk> {
  const found = action.proposed.findings?.map(({ id }) => id) ?? [];
  return { ask: null, action: { ...action, approved: true }, accepted: [...desk.accepted, ...found] };
}

/** An action that may no longer be done is refused after it was proposed. */
function afterRefusal(action: PendingAction | null, { callId }: EventOf<"refused">): PendingAction | null {
  return action?.proposed.calls.some((call) => call.id === callId) ? null : action;
}

/** What is questioned once, and then put to a person. */
function toldOnce(desk: Desk, { code, frame, to }: EventOf<"refused">): Partial<Desk> {
  if (code === "route-questioned") return { questioned: [...desk.questioned, `${frame} ${to}`] };
  return code === "breadth-exceeded" ? { narrowed: [...desk.narrowed, frame] } : {};
}

/** What is handed back undone of the top frame: an action of the runtime's own, or the report that was to be closed with. */
function handedBack(desk: Desk, { frame, callIds }: EventOf<"calls_returned">): Partial<Desk> {
  const { submitted } = desk;
  return submitted?.frame === frame && callIds.includes(submitted.callId) ? { submitted: null } : {};
}

function counted(copies: Desk["copies"], { to }: { readonly to: string }): Desk["copies"] {
  return { ...copies, [to]: (copies[to] ?? 0) + 1 };
}

function childOf(event: EventOf<"child_opened">): DeskChild {
  return { line: event.child, wait: event.wait, opened: event, closed: null, stopped: false };
}

/** K3: none is left once the last of them is closed. */
function closed(children: readonly DeskChild[], event: EventOf<"child_closed">): readonly DeskChild[] {
  const now = children.map((child) => (child.line === event.child ? { ...child, closed: event } : child));
  return now.every((child) => child.closed) ? [] : now;
}

function bounce(desk: Desk, event: { readonly from: string; readonly to: string }): Desk["pingPong"] {
  const last = desk.pingPong;
  const back = last.from === event.to && last.to === event.from;
  return { from: event.from, to: event.to, count: back ? last.count + 1 : 1 };
}
