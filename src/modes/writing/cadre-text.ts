/** A mode as cadre's own file: what `cadre import` writes. */
import { writeYaml, type YamlLine } from "../../documents/write-yaml.ts";
import type { Mode } from "../mode.ts";
import { cadreLines, line } from "./lines.ts";

/** Keys that cadre has no use for stand under `imported`, with where they come from (L1). */
export function cadreText(mode: Mode): string {
  const front = writeYaml([
    ...line("slug", mode.slug),
    ...line("name", mode.name),
    ...line("description", mode.description),
    ...cadreLines(mode),
    ...imported(mode),
  ]);
  return `---\n${front}---\n${mode.body}`;
}

function imported(mode: Mode): YamlLine[] {
  const { from: before, ...kept } = mode.extra;
  const from = mode.dialect === "cadre" ? before : mode.dialect;
  if (Object.keys(kept).length === 0 && from === undefined) return [];
  return [["imported", { kind: "plain", value: { ...(from === undefined ? {} : { from }), ...kept } }]];
}
