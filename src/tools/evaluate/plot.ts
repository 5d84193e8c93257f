/**
 * The scores of the candidates with their intervals, as an SVG that can be read on light and on dark. Pure.
 *
 * V1. Colours follow the reader's setting; where it is not known they are of middle lightness, so that both grounds carry them.
 * V2. Every figure stands beside its mark as text: the picture needs no colour to be read.
 */
import { primaryOf } from "./arguments.ts";
import { scoreOf, type Measured } from "./facts.ts";
import type { Metric } from "./metrics.ts";
import { ranked, scoreText, type EvaluationFacts } from "./ranking.ts";

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

/** What the axis holds. */
type Axis = { readonly from: number; readonly to: number; readonly ticks: readonly number[] };

export function evaluationPlot(facts: EvaluationFacts): string {
  const metric = primaryOf(facts.args);
  const results = ranked(facts);
  const axis = axisFor(metric, results);
  const x = (value: number): number => xOf(value, axis);
  const height = top + results.length * row + 44;
  const own = facts.args.success.filter((each) => each.metric === metric.name);
  const wanted = own
    .map((each) => (metric.better === "higher" ? each.at_least : each.at_most))
    .find((each) => each !== undefined);
  const title = `${metric.title} on ${facts.evaluation.test} held-out rows, with 95 % intervals${metric.better === "lower" ? "; lower is better" : ""}`;
  const bottom = top + results.length * row;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}\n</style>`,
    `<text class="title" x="16" y="26">${escaped(title)}</text>`,
    `<text x="16" y="46">${escaped(`${shortened(facts.dataset, 60)}, receipt ${facts.key}`)}</text>`,
    ...axis.ticks.map(
      (tick) =>
        `<line class="${tick === 0 ? "axis" : "grid"}" x1="${x(tick)}" y1="${top}" x2="${x(tick)}" y2="${bottom}"/><text x="${x(tick)}" y="${bottom + 20}" text-anchor="middle">${tick}</text>`,
    ),
    ...(wanted === undefined || wanted < axis.from || wanted > axis.to
      ? []
      : [
          `<line class="wanted" x1="${x(wanted)}" y1="${top - 6}" x2="${x(wanted)}" y2="${bottom}"/><text x="${x(wanted)}" y="${bottom + 36}" text-anchor="middle">wanted: ${wanted}</text>`,
        ]),
    ...results.map((one, index) => mark(one, metric, axis, top + index * row + row / 2)),
    "</svg>",
    "",
  ].join("\n");
}

/** All that the metric can be; where that has no end, up to the largest value that is shown, in four steps of one digit or two. */
function axisFor({ name, range: [from, end] }: Metric, results: readonly Measured[]): Axis {
  const values = results.flatMap((one) => {
    const score = scoreOf(one, name);
    return [score?.value ?? 0, score?.high ?? 0];
  });
  const to = end ?? roundedUp(Math.max(...values));
  return { from, to, ticks: [0, 1, 2, 3, 4].map((step) => Number((from + (step * (to - from)) / 4).toPrecision(6))) };
}

/** The next of 1, 2, 4 and 8 times a power of ten. */
function roundedUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return Number((([1, 2, 4, 8].find((each) => each * power >= value) ?? 10) * power).toPrecision(1));
}

function mark(one: Measured, metric: Metric, axis: Axis, y: number): string {
  const { value = null, low = null, high = null } = scoreOf(one, metric.name) ?? {};
  const x = (at: number): number => xOf(at, axis);
  return [
    `<text x="${left - 12}" y="${y + 4}" text-anchor="end">${escaped(shortened(one.candidate.name, 28))}</text>`,
    low === null || high === null ? "" : `<line class="interval" x1="${x(low)}" y1="${y}" x2="${x(high)}" y2="${y}"/>`,
    value === null ? "" : `<circle class="point" cx="${x(value)}" cy="${y}" r="5"/>`,
    `<text x="${width - right + 14}" y="${y + 4}">${scoreText(metric, value)}</text>`,
  ].join("");
}

function xOf(value: number, { from, to }: Axis): number {
  return Math.round((left + ((value - from) / (to - from)) * (width - left - right)) * 10) / 10;
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
