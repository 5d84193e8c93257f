/** The first page of a run's journal: what was asked, what came of it, who turned to whom, who decided, what it cost. */
import {
  callsText,
  gpuText,
  isAllRehearsed,
  moneyText,
  tokensText,
  usageByRole,
  usageByRoute,
  usageOf,
} from "../cost.ts";
import type { UsageTotals } from "../usage-totals.ts";
import { historyBlocks } from "./anchor.ts";
import { summaryOf } from "./decision.ts";
import type { Journal, TaskPage } from "./index-page.ts";
import {
  bullets,
  capital,
  ruleCell,
  titled,
  criteriaBlocks,
  fileTable,
  measurementLines,
  projectUp,
  rehearsalNote,
  spanText,
  stepTable,
  type PageContext,
} from "./parts.ts";
import { verdictBlocks, verdictLine } from "./verdict.ts";
import { block, cell, code, inline, link, page, placeText, table } from "../markdown.ts";
import { walkedMermaid } from "../mermaid.ts";

export function renderReadme(journal: Journal): string {
  const context: PageContext = { journal, here: "README.md" };
  return page(
    [`# ${inline(capital(journal.run.title))}`],
    rehearsalNote(context),
    statusLines(journal),
    ...waitingBlocks(journal),
    ...outcomeBlocks(context),
    ...briefBlocks(journal),
    ["## Who turned to whom"],
    ["```mermaid", ...walkedMermaid(journal.steps).trimEnd().split("\n"), "```"],
    [
      "Figures are the numbers of the steps below. Work went only along routes that a file declares; a crossed arrow is an attempt that was refused.",
    ],
    ...titled("## Decisions", decisionTable(context)),
    ...titled("## Tasks", taskTable(context)),
    ...titled("## Steps", stepTable(context, journal.steps)),
    ...costBlocks(journal),
    ...historyBlocks(journal.run.id, journal.events),
    [
      `The steps, one JSON object a step: ${link("trace.jsonl", "trace.jsonl")}. This folder is rendered from the run's events and can be rendered again.`,
    ],
  );
}

function statusLines({ run, outcome }: Journal): string[] {
  const { counts } = outcome;
  const reason = run.reason ?? outcome.reason;
  const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;
  return [
    `**${inline(capital(run.status))}**${reason ? ` (${inline(reason)})` : ""}: run ${code(run.id)}, ${spanText(run.startedAt, run.endedAt)}, started by ${inline(run.startedBy)}.`,
    `Entry role ${code(run.entry)}, workflow ${code(run.workflow)}${run.model ? `, model ${code(run.model)}` : ""}${run.chart ? `, bound chart ${code(run.chart.slice(0, 12))}` : ""}.`,
    ...(outcome.past === null
      ? []
      : [
          `Goes on from run ${code(outcome.past.run)} after step ${outcome.past.step}: the steps up to there happened in that run and are counted there.`,
        ]),
    `${count(counts.steps, "step")}: ${count(counts.delegations, "delegation")}, ${count(counts.escalations, "escalation")}, ${count(counts.refusals, "refusal")}, ${count(counts.decisions, "decision by a person", "decisions by people")}.`,
  ];
}

function waitingBlocks({ outcome }: Journal): string[][] {
  return outcome.openAsks.flatMap((ask) => {
    const verb = ["approval", "sign_off", "limit"].includes(ask.kind) ? "approve" : "answer";
    return [
      [`**Waits for ${inline(ask.to)}**, on behalf of ${inline(ask.role)}:`],
      block(ask.question),
      ["```sh", `npx cadre ${verb} ${ask.ask.replaceAll(/[^\w-]/g, "")}${verb === "answer" ? ' "…"' : ""}`, "```"],
    ];
  });
}

function briefBlocks({ brief }: Journal): string[][] {
  const part = (title: string, text: string): string[][] => titled(`### ${title}`, block(text));
  return [
    ["## Brief"],
    ...(brief.file === null ? [] : [[`From ${code(brief.file)}.`]]),
    block(brief.task),
    ...part("Why it matters", brief.why),
    ...part("Where this applies", brief.where),
    ...part("When it is needed", brief.when),
    ...titled(
      "### Inputs",
      brief.inputs.map((input) => `- ${code(input.path)}${input.description ? `: ${inline(input.description)}` : ""}`),
    ),
    ...titled("### Constraints", bullets(brief.constraints)),
  ];
}

function outcomeBlocks(context: PageContext): string[][] {
  const { journal } = context;
  const { outcome, brief } = journal;
  const { report } = outcome;
  const asked = outcome.criteria.length === 0 ? brief.acceptance : outcome.criteria;
  const named = asked.map(({ id, text }) => ({ id, text }));
  return [
    ["## Outcome"],
    report === null ? ["No report yet."] : block(report.summary),
    ...(report !== null && !outcome.signedOff && outcome.status !== "finished" ? [["*Not signed off.*"]] : []),
    ...criteriaBlocks("### Acceptance criteria", named, report),
    ...(outcome.verification ? verdictBlocks("### Verification", outcome.verification) : []),
    ...titled("### Measurements", measurementLines(context, outcome.measurements)),
    ...titled("### Limitations", bullets(outcome.limitations)),
    ...titled("### Files changed", fileTable(outcome.files)),
    ...(outcome.changes === null ? [] : [[`Change set sha256 ${code(outcome.changes)}.`]]),
  ];
}

function decisionTable(context: PageContext): string[] {
  const rows = context.journal.decisions.map((decision) => {
    const summary = summaryOf(decision);
    const by =
      summary.decidedBy === null
        ? ""
        : `${inline(summary.decidedBy)}${summary.how === "person" ? ` (${inline(summary.face ?? "person")})` : ""}`;
    return [
      link(`${decision.nn} ${cell(decision.title, 80)}`, decision.path),
      summary.kind.replace("_", "-"),
      inline(summary.raisedBy),
      by,
      cell(summary.text, 120),
      summary.rule === null ? "" : placeText(summary.rule, projectUp(context)),
    ];
  });
  return table(["Topic", "Kind", "Raised by", "Decided by", "Decision", "Rule"], rows);
}

function stateOf({ closed, closedBy, verdict }: TaskPage): string {
  if (closed === null) return "open";
  if (verdict) return verdictLine(verdict);
  return closed.report === null ? "dropped" : `reported in step ${closedBy?.n ?? "?"}`;
}

function taskTable(context: PageContext): string[] {
  const rows = context.journal.tasks.map((task) => [
    link(`${task.nn} ${cell(task.title, 80)}`, task.path),
    inline(task.opened.to),
    inline(task.opened.from),
    stateOf(task),
    ruleCell(context, task.opened.rule),
  ]);
  return table(["Task", "Role", "From", "State", "Rule"], rows);
}

function costBlocks({ events, outcome }: Journal): string[][] {
  const total = usageOf(events);
  if (total.calls === 0) return [];
  const { past } = outcome;
  const elsewhere =
    past === null
      ? []
      : [[`Without what run ${code(past.run)} did up to step ${past.step}: ${callsText(past.usage)}.`]];
  if (isAllRehearsed(total)) {
    return [["## Cost"], [`No model was called: ${callsText(total)} used no tokens and cost nothing.`], ...elsewhere];
  }
  const money = (usage: UsageTotals): string => moneyText(usage.money);
  const row = (name: string, usage: UsageTotals): string[] => [
    name,
    String(usage.calls),
    tokensText(usage),
    `${(usage.ms / 1000).toFixed(1)} s`,
    ...(total.gpuMs === null ? [] : [gpuText(usage)]),
    money(usage),
  ];
  const gpu = total.gpuMs === null ? [] : ["GPU time"];
  const header = ["Calls", "Tokens (prompt + completion)", "Model time", ...gpu, "Cost"];
  const notes = [
    ...(total.repeated === 0
      ? []
      : [
          [
            `${total.repeated} ${total.repeated === 1 ? "call was" : "calls were"} made again after a crash and may be billed twice.`,
            ...(Object.keys(total.money.sums).length === 0
              ? []
              : ["What was cut off is in the cost at the most that it can have been."]),
          ],
        ]),
    ...(total.money.unpriced === 0 ? [] : [["*Unpriced*: no price is known for the model. It is not zero."]]),
    ...priceLines(events),
  ];
  return [
    ["## Cost"],
    table(
      ["Role", ...header],
      [
        ...usageByRole(events).map(({ role, models, usage }) =>
          row(`${inline(role)} (${models.map(code).join(", ")})`, usage),
        ),
        row("**all**", total),
      ],
    ),
    table(
      ["Work that came by", ...header],
      usageByRoute(events).map(({ kind, from, to, usage }) => row(`${kind} ${inline(from)} → ${inline(to)}`, usage)),
    ),
    ...notes,
    ...elsewhere,
  ];
}

/** Where the prices stand that the calls were charged by. */
function priceLines(events: Journal["events"]): string[][] {
  const prices = new Set(
    events.flatMap(({ event }) =>
      (event.type === "turn_taken" || event.type === "opinion_given") && event.charged?.money
        ? [event.charged.money.price]
        : [],
    ),
  );
  return [...prices].toSorted().map((price) => [`Priced by ${inline(price)}.`]);
}
