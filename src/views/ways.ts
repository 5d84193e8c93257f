/** How a route is drawn once it is placed: a path with rounded corners, the place of its numbers, and what stands in the number. */
import type { Placed, Point } from "./control-room.ts";

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
