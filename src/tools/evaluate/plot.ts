/**
 * The scores of the candidates with their intervals, as an SVG that can be read on light and on dark. Pure.
 *
 * V1. Colours follow the reader's setting; where it is not known they are of middle lightness, so that both grounds carry them.
 * V2. Every figure stands beside its mark as text: the picture needs no colour to be read.
 */
import type { Measured } from "./facts.ts";
import { fixed, ranked, type EvaluationFacts } from "./report.ts";

const width = 720;
const left = 220;
const right = 110;
const row = 34;
const top = 64;

const style = `
  text { font: 13px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 15px; font-weight: 600 }
  .axis { stroke: #8b949e; stroke-width: 1 }
  .grid { stroke: #8b949e; stroke-width: 1; opacity: .3 }
  .interval { stroke: #2f81f7; stroke-width: 2 }
  .point { fill: #2f81f7 }
  .wanted { stroke: #bf8700; stroke-width: 1.5; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: light) { text { fill: #1f2328 } }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .interval { stroke: #79c0ff } .point { fill: #79c0ff } .wanted { stroke: #e3b341 } }`;

export function evaluationPlot(facts: EvaluationFacts): string {
  const { primary_metric: metric, success } = facts.args;
  const results = ranked(facts);
  const height = top + results.length * row + 44;
  const wanted = success.find((each) => each.metric === metric && each.at_least !== undefined)?.at_least;
  const label = metric === "accuracy" ? "accuracy" : "macro-F1";
  const title = `${label} on ${facts.evaluation.test} held-out rows, with 95 % intervals`;
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const bottom = top + results.length * row;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}\n</style>`,
    `<text class="title" x="16" y="26">${escaped(title)}</text>`,
    `<text x="16" y="46">${escaped(`${shortened(facts.dataset, 60)}, receipt ${facts.key}`)}</text>`,
    ...ticks.map(
      (tick) =>
        `<line class="${tick === 0 ? "axis" : "grid"}" x1="${x(tick)}" y1="${top}" x2="${x(tick)}" y2="${bottom}"/><text x="${x(tick)}" y="${bottom + 20}" text-anchor="middle">${tick}</text>`,
    ),
    ...(wanted === undefined || wanted < 0 || wanted > 1
      ? []
      : [
          `<line class="wanted" x1="${x(wanted)}" y1="${top - 6}" x2="${x(wanted)}" y2="${bottom}"/><text x="${x(wanted)}" y="${bottom + 36}" text-anchor="middle">wanted: ${wanted}</text>`,
        ]),
    ...results.map((one, index) => mark(one, metric, top + index * row + row / 2)),
    "</svg>",
    "",
  ].join("\n");
}

function mark({ candidate, scores }: Measured, metric: "macro_f1" | "accuracy", y: number): string {
  const accuracy = metric === "accuracy";
  const value = accuracy ? scores.accuracy : scores.macroF1;
  const { low, high } = accuracy ? scores.accuracyInterval : scores.macroF1Interval;
  return [
    `<text x="${left - 12}" y="${y + 4}" text-anchor="end">${escaped(shortened(candidate.name, 28))}</text>`,
    `<line class="interval" x1="${x(low)}" y1="${y}" x2="${x(high)}" y2="${y}"/>`,
    `<circle class="point" cx="${x(value)}" cy="${y}" r="5"/>`,
    `<text x="${width - right + 14}" y="${y + 4}">${fixed(value)}</text>`,
  ].join("");
}

/** Scores are from 0 to 1. */
function x(value: number): number {
  return Math.round((left + value * (width - left - right)) * 10) / 10;
}

function shortened(text: string, limit: number): string {
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}

/** What XML cannot hold at all is left out. */
function escaped(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- XML 1.0 has no control characters
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}
