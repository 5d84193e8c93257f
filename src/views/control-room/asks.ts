/** What waits for a person. */
import type {
  Acknowledgement,
  Action,
  Approvers,
  AskKind,
  Decision,
  LimitName,
  Seat,
  Severity,
  Vote,
} from "../../events/event.ts";
import type { Rule } from "../../org/chart.ts";

/** cadre.ask/1. */
export type AskView = {
  readonly id: string;
  readonly run: string;
  readonly kind: AskKind;
  readonly role: string;
  readonly to: string;
  readonly topic: string;
  readonly question: string;
  readonly options: readonly { readonly id: string; readonly text: string }[];
  readonly action: Action | null;
  readonly hash: string;
  readonly severity: Severity;
  readonly raisedAt: string;
  readonly deadline: string | null;
  readonly expires: boolean;
  readonly bumpsTo: string | null;
  readonly overdue: boolean;
  readonly acknowledged: Acknowledgement | null;
  readonly seat: Seat | null;
  readonly approvers: Approvers | null;
  readonly votes: readonly Vote[];
  readonly path: readonly string[];
  readonly rule: Rule;
  readonly limit: { readonly name: LimitName; readonly value: number; readonly ceiling: number } | null;
  readonly state: "open" | "decided" | "withdrawn";
  readonly decision: Decision | null;
  /** Title of its run. */
  readonly title: string;
  /** Of its run's limit of money. */
  readonly currency: string | null;
};
