/** The inputs of an assignment: which reads are still due, and what those that were made have shown. */
import { isRefusal } from "./answers.ts";
import type { AssignmentSeen } from "./frames.ts";
import { propertiesOf, stepsOf, textArg, type Situation } from "./situation.ts";
import { labelledColumns, readTable, type Labelled } from "./tables.ts";
import { short, stems } from "./words.ts";

/** More would be reading for its own sake. */
const readLimit = 6;

export type PlannedCall = { readonly name: string; readonly args: Readonly<Record<string, unknown>> };

export type InputSeen = {
  readonly path: string;
  /** Null where it was read. */
  readonly failure: string | null;
  /** Without the line numbers of the tool. */
  readonly text: string;
  /** Lines as the tool says, or as counted. */
  readonly lines: number;
  /** True where the whole file was shown. */
  readonly whole: boolean;
  readonly labelled: Labelled | null;
  readonly rows: number;
  readonly columns: readonly string[];
  /** Markdown headings. */
  readonly headings: readonly string[];
};

export function inputPaths(frame: AssignmentSeen): string[] {
  return [
    ...new Set(
      frame.inputs.map((input) =>
        input
          .replace(/:\s.*$/s, "")
          .replace(/^`|`$/g, "")
          .trim(),
      ),
    ),
  ]
    .filter(Boolean)
    .slice(0, readLimit);
}

/** Reads that have not been tried yet: the inputs, or a look around where there are none, and the role's knowledge. */
export function readsDue(situation: Situation, frame: AssignmentSeen): PlannedCall[] {
  const due: PlannedCall[] = [];
  const paths = inputPaths(frame);
  if (situation.tools.has("read_file")) {
    const tried = new Set(stepsOf(situation, "read_file").map((step) => textArg(step, "path")));
    due.push(...paths.filter((path) => !tried.has(path)).map((path) => ({ name: "read_file", args: { path } })));
  }
  if (paths.length === 0 && situation.tools.has("list_files") && stepsOf(situation, "list_files").length === 0) {
    due.push({
      name: "list_files",
      args: "path" in propertiesOf(situation.tools.get("list_files")) ? { path: "." } : {},
    });
  }
  const query = keywords(frame.task);
  if (situation.tools.has("search_knowledge") && stepsOf(situation, "search_knowledge").length === 0 && query !== "") {
    due.push({ name: "search_knowledge", args: { query } });
  }
  return due;
}

/** The first content words of a text, as written. */
function keywords(text: string): string {
  const words = text.match(/[\p{L}\p{N}-]{3,}/gu) ?? [];
  return [...new Set(words.map((word) => word.toLowerCase()).filter((word) => stems(word).length > 0))]
    .slice(0, 10)
    .join(" ");
}

export function inputsSeen(situation: Situation): InputSeen[] {
  return stepsOf(situation, "read_file").flatMap((step) =>
    step.result === null ? [] : [inputSeen(textArg(step, "path"), step.result)],
  );
}

function inputSeen(path: string, result: string): InputSeen {
  const numbered = result.split("\n").flatMap((line) => /^\s*\d+ ?\| ?(.*)$/.exec(line)?.[1] ?? []);
  const nothing = { path, text: "", lines: 0, whole: false, labelled: null, rows: 0, columns: [], headings: [] };
  const empty = /: 0 lines\b/.test(result.split("\n", 1)[0] ?? "");
  if (isRefusal(result) || (numbered.length === 0 && !empty)) return { ...nothing, failure: short(result, 200) };
  const text = numbered.join("\n");
  const total = Number(/: (\d+) lines/.exec(result)?.[1] ?? numbered.length);
  const table = readTable(path, text);
  return {
    path,
    failure: null,
    text,
    lines: total,
    whole: total === numbered.length,
    labelled: table ? labelledColumns(table) : null,
    rows: table?.rows.length ?? 0,
    columns: table?.columns ?? [],
    headings: numbered.flatMap((line) => /^#{1,3} (.+)$/.exec(line)?.[1] ?? []).slice(0, 20),
  };
}

/** One line on what an input holds, for people. */
export function describeInput(input: InputSeen): string {
  const { path, failure, labelled, columns } = input;
  if (failure !== null) return `\`${path}\` could not be read: ${failure}`;
  if (labelled) return `\`${path}\`: ${describeSample(input, labelled)}`;
  if (columns.length > 0)
    return `\`${path}\`: ${rowsOf(input)}, columns ${columns.map((name) => `\`${name}\``).join(", ")}`;
  return `\`${path}\`: ${describeText(input)}`;
}

function rowsOf({ rows, whole }: InputSeen): string {
  return `${rows} rows${whole ? "" : " in the part that was read"}`;
}

function describeSample(input: InputSeen, { label, text, classes, lengths, duplicates }: Labelled): string {
  const shown = classes.map(([value, count]) => `${value} ${count}`).join(", ");
  const [least, middle, most] = lengths;
  const twice = duplicates === 0 ? "no duplicates" : `${duplicates} duplicates`;
  return `${rowsOf(input)}; \`${label}\` holds ${classes.length} classes (${shown}); \`${text}\` is ${least} to ${most} characters long, ${middle} in the middle; ${twice}`;
}

function describeText({ lines, text, headings }: InputSeen): string {
  const rows = rowsOfMarkdown(text);
  return [
    `${lines} ${lines === 1 ? "line" : "lines"} of text`,
    ...(rows > 0 ? [`a table of ${rows} ${rows === 1 ? "row" : "rows"}`] : []),
    ...(headings.length > 0 ? [`with the parts ${namesOf(headings)}`] : []),
  ].join(", ");
}

function namesOf(headings: readonly string[]): string {
  const named = headings.slice(0, 8).map((each) => `“${short(each, 60)}”`);
  return [...named, ...(headings.length > 8 ? [`${headings.length - 8} more`] : [])].join(", ");
}

/** Rows of a Markdown table, its head left out; 0 where there is none. */
function rowsOfMarkdown(text: string): number {
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  return rows.some((line) => /^\|[\s:|-]+\|$/.test(line)) ? rows.length - 2 : 0;
}

/** Passages that the search of the role's knowledge gave, each with its `path:line`. Rows of tables and headings say little alone. */
export function knowledgeSeen(situation: Situation): string[] {
  return stepsOf(situation, "search_knowledge")
    .flatMap((step) => (step.result ?? "").split("\n"))
    .flatMap((line) => {
      const [, place, text] = /^(\S+:\d+): (.*)$/.exec(line) ?? [];
      if (place === undefined || text === undefined || /^[|#]/.test(text)) return [];
      const plain = text.replace(/^(?:[-*]|\d+\.)\s+/, "").replaceAll("**", "");
      // A line that begins in the middle of a sentence is no note.
      return /^\p{Lu}/u.test(plain) ? [`${plain} (${place})`] : [];
    })
    .slice(0, 3);
}
