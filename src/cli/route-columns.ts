/** A list of routes that a text could take: to whom, by which kind, how likely by whatever measure, and the rule that declares it. */
import type { RouteKind } from "../modes/mode.ts";
import { visible } from "../views/escape.ts";
import type { ListColumn } from "./list.ts";

type RouteRow = {
  readonly role: string;
  readonly kind: RouteKind;
  readonly purpose: string;
  readonly file: string;
  readonly line: number;
};

/** `figure`: what the list is ordered by. */
export function routeColumns<Row extends RouteRow>(figure: ListColumn<Row>): readonly ListColumn<Row>[] {
  return [
    { key: "role", title: "role", value: (found) => found.role, style: () => "bold" },
    { key: "kind", title: "by", value: (found) => found.kind },
    { ...figure, style: () => "cyan" },
    {
      key: "purpose",
      title: "purpose",
      value: (found) => found.purpose,
      text: (found) => visible(found.purpose),
      flexible: true,
    },
    {
      key: "file",
      title: "rule",
      value: (found) => found.file,
      text: (found) => visible(found.file),
      brief: (found) => `${visible(found.file)}:${found.line}`,
    },
    { key: "line", title: "line", value: (found) => found.line, text: (found) => String(found.line), onlyPiped: true },
  ];
}
