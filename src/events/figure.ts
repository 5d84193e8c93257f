/** A measured figure in words, the same wherever one is printed for people. A report cites name and unit letter for letter; this is no citation. */
import type { Measurement } from "./event.ts";

type Figure = Pick<Measurement, "name" | "value" | "unit">;

/** Units that are things: one of them is one. */
const things: Readonly<Record<string, string>> = { rows: "row", items: "item", pairs: "pair" };

/** What a score or an exit code is, its name says. */
const unsaid: ReadonlySet<string> = new Set(["", "score", "code"]);

/** `120 ms`, to go on with after the name; without its unit where a word of the name says that already: `items 3`, not `items 3 items`. */
export function figureText({ name, value, unit }: Figure, write: (value: number) => string = String): string {
  const [head = ""] = name.toLowerCase().split(" ("); // of which candidate, or of which command, is no unit
  const said = head.split(/[^\p{L}\p{N}%]+/u);
  if (unsaid.has(unit) || said.includes(unit.toLowerCase())) return write(value);
  return `${write(value)} ${value === 1 && Object.hasOwn(things, unit) ? things[unit] : unit}`;
}
