/** Where the scalars of a YAML document stand, to the character: for whoever changes one and leaves everything around it as it was. */
import { isMap, isPair, isScalar, isSeq, parseDocument } from "yaml";

export type PlacedScalar = {
  /** Keys and indexes that lead to it; a key of a map stands at its own path, with `key`. */
  readonly path: readonly (string | number)[];
  readonly key: boolean;
  readonly value: string;
  /** Offsets in the source, quotes included. */
  readonly start: number;
  readonly end: number;
};

/** Nothing where the document is not valid YAML. Aliases are passed over: what they stand for is where its anchor is. */
export function placedScalars(source: string): PlacedScalar[] {
  let document;
  try {
    document = parseDocument(source, { uniqueKeys: false, prettyErrors: false, version: "1.2" });
  } catch {
    return [];
  }
  if (document.errors.length > 0) return [];
  const found: PlacedScalar[] = [];
  const walk = (node: unknown, path: readonly (string | number)[], key: boolean): void => {
    if (isScalar(node)) {
      const [start, end] = node.range ?? [0, 0];
      found.push({ path, key, value: typeof node.value === "string" ? node.value : (node.source ?? ""), start, end });
    } else if (isSeq(node)) node.items.forEach((item, index) => walk(item, [...path, index], false));
    else if (isMap(node))
      for (const pair of node.items) {
        if (!isPair(pair)) continue;
        const name = isScalar(pair.key) ? String(pair.key.value) : "";
        walk(pair.key, [...path, name], true);
        walk(pair.value, [...path, name], false);
      }
  };
  walk(document.contents, [], false);
  return found;
}
