/**
 * A whole organisation as a map: ranks as rows, departments as boxes, roles as chips. No solver: where something lies follows from the
 * chart alone, so a map of a hundred roles is there at once and looks the same tomorrow.
 *
 * M1. Of more roles than can be read, departments become counters; who was named beforehand (walked, selected) keeps a chip.
 */
import { USER } from "../org/chart.ts";
import type { Rank } from "../modes/mode.ts";
import type { PlacedNode } from "./control-room/placed.ts";
import { counted } from "./counted.ts";
import { plainName, type DrawnChart } from "./picture.ts";
import { measured } from "./text-pixels.ts";

export type MapChip = PlacedNode & { readonly title: string };
export type MapBox = PlacedNode & { readonly title: string; readonly folded: number };
export type MapRow = { readonly rank: Rank | "user"; readonly y: number; readonly height: number };

export type OrgMap = {
  readonly width: number;
  readonly height: number;
  readonly rows: readonly MapRow[];
  readonly boxes: readonly MapBox[];
  readonly chips: readonly MapChip[];
};

/** From so many roles on, departments are folded. */
export const foldedFrom = 120;

const order: readonly Rank[] = ["executive", "director", "lead", "worker", "assistant", "unranked"];
const size = { chip: 30, gap: 8, pad: 12, head: 22, row: 30, boxGap: 14, left: 96 } as const;
/** Rows are tried at these widths. */
const widths = [1100, 1400, 1700, 2000, 2400, 2900] as const;
/** A usual window's width by its height. */
const window = 1.75;

/** `kept`: who keeps a chip where departments are folded. Of several widths the one at which most of it can be read in a usual window. */
export function mapOf(chart: DrawnChart, kept: ReadonlySet<string> = new Set()): OrgMap {
  const maps = widths.map((width) => mapWithin(chart, kept, width));
  const span = ({ width, height }: OrgMap): number => Math.max(width, height * window);
  return maps.reduce((best, map) => (span(map) < span(best) ? map : best));
}

const inOrder = new Intl.Collator("en", { numeric: true });

function mapWithin(chart: DrawnChart, kept: ReadonlySet<string>, most: number): OrgMap {
  const fold = chart.roles.length > foldedFrom;
  const boxes: MapBox[] = [];
  const chips: MapChip[] = [];
  const rows: MapRow[] = [];
  let y = 16;
  const you = chipOf({ slug: USER, name: "You" }, size.left, y);
  chips.push(you);
  rows.push({ rank: "user", y, height: size.chip });
  y += size.chip + size.row;
  for (const rank of order) {
    const roles = chart.roles
      .filter((role) => role.rank === rank)
      .toSorted((one, other) => inOrder.compare(plainName(one.name), plainName(other.name)));
    if (roles.length === 0) continue;
    const top = y;
    let x: number = size.left;
    let tallest = 0;
    for (const [department, own] of Map.groupBy(roles, (role) => role.department)) {
      const shown = fold ? own.filter(({ slug }) => kept.has(slug)) : own; // M1
      const folded = own.length - shown.length;
      const box = boxOf(`${rank} ${department}`, titleOf(department, folded), shown);
      if (x > size.left && x + box.width > most) {
        x = size.left;
        y += tallest + size.boxGap;
        tallest = 0;
      }
      boxes.push({ ...box, x, y, folded });
      chips.push(...box.chips.map((chip) => ({ ...chip, x: chip.x + x, y: chip.y + y })));
      x += box.width + size.boxGap;
      tallest = Math.max(tallest, box.height);
    }
    y += tallest;
    rows.push({ rank, y: top, height: y - top });
    y += size.row;
  }
  const width = Math.max(...[...boxes, ...chips].map((each) => each.x + each.width)) + 16;
  return { width, height: y, rows, boxes, chips };
}

function titleOf(department: string, folded: number): string {
  const name = department === "" ? "no department" : department;
  return folded === 0 ? name : `${name} · ${counted(folded, "role")}`;
}

type Box = Omit<MapBox, "x" | "y" | "folded"> & { readonly chips: readonly MapChip[] };

/** Chips in as many columns as make the box about as wide as it is high. */
function boxOf(id: string, title: string, roles: readonly { readonly slug: string; readonly name: string }[]): Box {
  const columns = Math.max(1, Math.min(4, Math.ceil(Math.sqrt(roles.length / 2))));
  const cell = Math.max(0, ...roles.map(({ name }) => chipWidth(name)));
  const chips = roles.map((role, at) =>
    chipOf(
      role,
      size.pad + (at % columns) * (cell + size.gap),
      size.head + size.pad / 2 + Math.floor(at / columns) * (size.chip + size.gap),
      cell,
    ),
  );
  const lines = Math.ceil(roles.length / columns);
  const inner = columns * cell + (columns - 1) * size.gap;
  return {
    id,
    title,
    chips,
    width: Math.max(roles.length === 0 ? 0 : inner, measured(title, 11, true) + 4) + 2 * size.pad,
    height: size.head + size.pad / 2 + (lines === 0 ? 0 : lines * (size.chip + size.gap) - size.gap) + size.pad,
  };
}

function chipOf(
  { slug, name }: { readonly slug: string; readonly name: string },
  x: number,
  y: number,
  width = chipWidth(name),
): MapChip {
  return { id: slug, title: plainName(name), x, y, width, height: size.chip };
}

function chipWidth(name: string): number {
  return Math.min(230, Math.ceil(measured(plainName(name), 13, false) * 1.08) + 36);
}
