/** How a route is drawn once it is placed: a path with rounded corners, the place of its numbers, and what stands in the number. */
import type { Placed, Point } from "./control-room/placed.ts";

const radius = 7;

/** SVG path data through the points. */
export function roundedPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first || rest.length === 0) return "";
  let path = `M${first.x} ${first.y}`;
  for (let at = 0; at < rest.length; at += 1) {
    const corner = rest[at] as Point;
    const next = rest[at + 1];
    const before = points[at] as Point;
    if (!next) {
      path += `L${corner.x} ${corner.y}`;
      break;
    }
    const bend = Math.min(radius, length(before, corner) / 2, length(corner, next) / 2);
    const start = toward(corner, before, bend);
    const end = toward(corner, next, bend);
    path += `L${start.x} ${start.y}Q${corner.x} ${corner.y} ${end.x} ${end.y}`;
  }
  return path;
}

/** The middle of the longest stretch. */
export function labelPlace(points: readonly Point[]): Point {
  let best: Point = points[0] ?? { x: 0, y: 0 };
  let longest = -1;
  for (let at = 1; at < points.length; at += 1) {
    const [one, other] = [points[at - 1] as Point, points[at] as Point];
    const own = length(one, other);
    if (own <= longest) continue;
    longest = own;
    best = { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
  }
  return best;
}

/** `5·6`, `2·7·9+3`. */
export function stepNumbers(steps: readonly number[]): string {
  const shown = steps.slice(0, 3).join("·");
  return steps.length > 3 ? `${shown}+${steps.length - 3}` : shown;
}

/** A curve between two boxes that have no route laid out: from one's edge to the other's. */
export function directWay(from: Placed["nodes"][number], to: Placed["nodes"][number]): readonly Point[] {
  const up = from.y > to.y;
  const start = { x: from.x + from.width / 2, y: up ? from.y : from.y + from.height };
  const end = { x: to.x + to.width / 2, y: up ? to.y + to.height : to.y };
  if (Math.abs(from.y - to.y) < 1) {
    const y = from.y + from.height + 14;
    return [
      { ...start, y: from.y + from.height },
      { x: start.x, y },
      { x: end.x, y },
      { x: end.x, y: to.y + to.height },
    ];
  }
  const middle = (start.y + end.y) / 2;
  return start.x === end.x ? [start, end] : [start, { x: start.x, y: middle }, { x: end.x, y: middle }, end];
}

/**
 * A bow between two chips of a map, where nothing is laid out: it leaves and arrives at an edge, and `nth` ways between the same two lie
 * beside each other. `points` lie where its number is to stand: at its middle, or beside that where `taken` leaves no room.
 */
export function curvedWay(
  from: Placed["nodes"][number],
  to: Placed["nodes"][number],
  nth: number,
  taken: readonly Box[] = [],
): { readonly points: readonly Point[]; readonly curve: string } {
  const shift = (nth % 2 === 0 ? 1 : -1) * Math.ceil(nth / 2) * 18;
  const level = Math.abs(from.y - to.y) < 1;
  const up = from.y > to.y;
  const start = { x: from.x + from.width / 2 + shift, y: up || level ? from.y : from.y + from.height };
  const end = { x: to.x + to.width / 2 + shift, y: level ? to.y : up ? to.y + to.height : to.y };
  const reach = level ? 34 + Math.abs(shift) : Math.max(24, Math.abs(end.y - start.y) * 0.45);
  const one = { x: start.x, y: start.y + (up || level ? -reach : reach) };
  const other = { x: end.x, y: end.y + (level ? -reach : up ? reach : -reach) };
  const place = freePlace((part) => alongCurve([start, one, other, end], part), taken);
  return {
    points: [
      { x: place.x - 1, y: place.y },
      { x: place.x + 1, y: place.y },
    ],
    curve: `M${start.x} ${start.y}C${one.x} ${one.y} ${other.x} ${other.y} ${end.x} ${end.y}`,
  };
}

/** Where a number has room along a way; its middle where it has none. */
function freePlace(along: (part: number) => Point, taken: readonly Box[]): Point {
  return placesAlong.map(along).find((point) => taken.every((each) => !meets(numberBox(point), each))) ?? along(0.5);
}

function alongCurve(points: readonly [Point, Point, Point, Point], part: number): Point {
  const left = 1 - part;
  const weights = [left ** 3, 3 * left ** 2 * part, 3 * left * part ** 2, part ** 3];
  const sum = (axis: "x" | "y"): number =>
    points.reduce((all, point, index) => all + point[axis] * (weights[index] ?? 0), 0);
  return { x: sum("x"), y: sum("y") };
}

export type Box = Point & { readonly width: number; readonly height: number };

/** Where along a bow its number is tried, the best first. */
const placesAlong = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82] as const;

/** What a number of two figures covers, and a little air. */
export function numberBox({ x, y }: Point): Box {
  return { x: x - 17, y: y - 13, width: 34, height: 26 };
}

function meets(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

function length(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function toward(from: Point, to: Point, distance: number): Point {
  const whole = length(from, to) || 1;
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    x: round(from.x + ((to.x - from.x) * distance) / whole),
    y: round(from.y + ((to.y - from.y) * distance) / whole),
  };
}
