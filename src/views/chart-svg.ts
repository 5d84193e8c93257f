/**
 * A chart as a picture file: the one that the control room draws, from the same layout. It stands alone: its own styles for light and dark,
 * no script, nothing loaded.
 *
 * G1. What files say is text of elements, with hidden characters shown and nothing in it that could end or open an element.
 */
import type { Placed, PlacedNode } from "./control-room/placed.ts";
import { visible } from "./escape.ts";
import type { OrgMap } from "./org-map.ts";
import type { Picture, PictureEdge } from "./picture.ts";
import { directWay, roundedPath } from "./ways.ts";

const styles = `
svg{--ground:#f6f7f9;--surface:#fff;--line:#c9ced7;--ink:#16191f;--muted:#5a6270;--delegation:#0f7b55;--escalation:#c2410c;--report:#4b6bdc}
@media (prefers-color-scheme:dark){svg{--ground:#0e1014;--surface:#16191f;--line:#3a414d;--ink:#e9ebef;--muted:#98a1b0;--delegation:#4fd0a0;--escalation:#ff9458;--report:#8aa4ff}}
text{font-family:Inter,system-ui,sans-serif;fill:var(--ink)}
.ground{fill:var(--ground)}
.box{fill:var(--surface);stroke:var(--line)}
.name{font-size:14px;font-weight:650}
.place,.rank{font-size:12px;fill:var(--muted)}
.chip{font-size:13px}
.way{fill:none;stroke-width:1.5}
.delegation{stroke:var(--delegation);stroke-dasharray:2 4;stroke-linecap:round}
.escalation{stroke:var(--escalation);stroke-dasharray:7 4}
.report{stroke:var(--report)}
.head-delegation{fill:var(--delegation)}
.head-escalation{fill:var(--escalation)}
.head-report{fill:var(--report)}
`;

const kinds = ["delegation", "escalation", "report"] as const;

/** A chart that was laid out. */
export function chartSvg(picture: Picture, placed: Placed, title: string): string {
  const names = new Map(picture.nodes.map((node) => [node.id, node]));
  const boxes = placed.nodes.map((place) => {
    const node = names.get(place.id);
    return `<g><rect class="box" ${rectangle(place)} rx="9"/>${label("name", place.x + 16, place.y + 25, node?.title ?? place.id)}${label("place", place.x + 16, place.y + 42, node?.subtitle ?? "")}</g>`;
  });
  return page(placed.width, placed.height, title, [...waysOf(picture, placed), ...boxes]);
}

/** A chart of more roles than a layout is readable of: ranks and departments, without routes. */
export function mapSvg(map: OrgMap, title: string): string {
  return page(map.width, map.height, title, [
    ...map.rows.map(({ rank, y }) => (rank === "user" ? "" : label("rank", 12, y + 19, rank))),
    ...map.boxes.map(
      (box) => `<rect class="box" ${rectangle(box)} rx="10"/>${label("rank", box.x + 12, box.y + 17, box.title)}`,
    ),
    ...map.chips.map(
      (chip) => `<rect class="box" ${rectangle(chip)} rx="7"/>${label("chip", chip.x + 10, chip.y + 20, chip.title)}`,
    ),
  ]);
}

function waysOf({ edges }: Picture, placed: Placed): string[] {
  const points = new Map(placed.edges.map((edge) => [edge.id, edge.points]));
  const places = new Map(placed.nodes.map((node) => [node.id, node]));
  return edges.flatMap((edge: PictureEdge): string[] => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    const way = points.get(edge.id) ?? (from && to ? directWay(from, to) : []);
    if (way.length < 2) return [];
    return [`<path class="way ${edge.kind}" d="${roundedPath(way)}" marker-end="url(#head-${edge.kind})"/>`];
  });
}

function page(width: number, height: number, title: string, parts: readonly string[]): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  const heads = kinds.map(
    (kind) =>
      `<marker id="head-${kind}" markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11" refX="9" refY="5.5" orient="auto"><path class="head-${kind}" d="M0 0.5L10 5.5L0 10.5Z"/></marker>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img">
<title>${escaped(title)}</title>
<style>${styles}</style>
<defs>${heads.join("")}</defs>
<rect class="ground" width="${w}" height="${h}"/>
${parts.filter((part) => part !== "").join("\n")}
</svg>
`;
}

function rectangle({ x, y, width, height }: Omit<PlacedNode, "id">): string {
  return `x="${x}" y="${y}" width="${width}" height="${height}"`;
}

function label(kind: string, x: number, y: number, text: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(text)}</text>`;
}

/** G1. */
function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
