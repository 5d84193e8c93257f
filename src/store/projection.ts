/**
 * What an event changes in the rows beside the log: asks, limits, chart, end of the run. Pure; `commit` applies the changes
 * in the transaction that stores the event, so the rows can never say something that the log does not (D2).
 */
import type { Decision, Event, LimitName } from "../events/event.ts";

export type RowChange =
  | { readonly type: "ask_opened"; readonly ask: string; readonly hash: string }
  | { readonly type: "ask_decided"; readonly ask: string; readonly decision: Decision }
  | { readonly type: "ask_withdrawn"; readonly ask: string }
  | { readonly type: "limit_set"; readonly limit: LimitName; readonly ceiling: number }
  | { readonly type: "chart_set"; readonly chart: string }
  | { readonly type: "line_opened"; readonly line: string }
  | { readonly type: "line_ended"; readonly status: "reported" | "stopped" }
  | { readonly type: "line_closed"; readonly line: string }
  | { readonly type: "lines_signalled"; readonly lines: readonly string[]; readonly by: string }
  | { readonly type: "counted"; readonly what: "steps" | "refusals" }
  | {
      readonly type: "run_ended";
      readonly status: "finished" | "failed" | "stopped";
      readonly at: string;
      readonly reason: string;
    };

/** The row change of an event, undefined for those that change none. */
export function project(event: Event): RowChange | undefined {
  switch (event.type) {
    case "ask_raised":
      return { type: "ask_opened", ask: event.ask, hash: event.hash };
    case "ask_decided":
      return { type: "ask_decided", ask: event.ask, decision: event.decision };
    case "ask_withdrawn":
      return { type: "ask_withdrawn", ask: event.ask };
    case "limit_raised":
      return { type: "limit_set", limit: event.limit, ceiling: event.to };
    case "chart_adopted":
      return { type: "chart_set", chart: event.to };
    case "child_opened":
      return { type: "line_opened", line: event.child };
    case "child_ended":
      return { type: "line_ended", status: event.status };
    case "child_closed":
      return { type: "line_closed", line: event.child };
    case "children_stopped":
      return { type: "lines_signalled", lines: event.children, by: event.role };
    case "turn_taken":
    case "action_done":
      return { type: "counted", what: "steps" };
    case "refused":
      return { type: "counted", what: "refusals" };
    case "run_ended":
      return { type: "run_ended", status: event.status, at: event.at, reason: event.reason };
    // Listed one by one, so that a new event has to be placed here.
    case "run_started":
    case "run_forked":
    case "child_started":
    case "frame_opened":
    case "action_proposed":
    case "action_edited":
    case "ask_awaited":
    case "ask_acknowledged":
    case "vote_cast":
    case "decision_taken_up":
    case "opinion_given":
    case "calls_returned":
    case "report_submitted":
    case "report_returned":
    case "report_verified":
    case "frame_closed":
    case "copy_sent":
      return undefined;
  }
}
