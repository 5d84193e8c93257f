/** Data as YAML text that a person would have written: short lists on one line, comments behind items. */
import { Document, Scalar, YAMLMap, YAMLSeq, isScalar, type Node } from "yaml";

/** An item of a list with a comment behind it. */
export type Commented = { readonly text: string; readonly comment: string | null };

export type YamlContent =
  | { readonly kind: "plain"; readonly value: unknown }
  /** On one line. */
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** One line each. */
  | { readonly kind: "items"; readonly items: readonly Commented[] }
  | { readonly kind: "entries"; readonly entries: readonly YamlLine[] };
export type YamlLine = readonly [key: string, content: YamlContent];

/** A map, in the order given; ends with a line break, or is empty where there are no keys. */
export function writeYaml(lines: readonly YamlLine[]): string {
  if (lines.length === 0) return "";
  const document = new Document(mapOf(lines));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** A list of maps under one key, as `.roomodes` has it. */
export function writeYamlList(key: string, maps: readonly (readonly YamlLine[])[]): string {
  const list = new YAMLSeq<Node>();
  for (const lines of maps) list.add(mapOf(lines));
  const root = new YAMLMap<Node, Node>();
  root.set(keyOf(key), list);
  return new Document(root).toString({ lineWidth: 0, flowCollectionPadding: false });
}

function mapOf(lines: readonly YamlLine[]): YAMLMap<Node, Node> {
  const map = new YAMLMap<Node, Node>();
  for (const [key, content] of lines) map.set(keyOf(key), nodeOf(content));
  return map;
}

function keyOf(key: string): Scalar<string> {
  return new Scalar(key);
}

function nodeOf(content: YamlContent): Node {
  switch (content.kind) {
    case "plain":
      return plainNode(content.value);
    case "words": {
      const list = new YAMLSeq<Node>();
      list.flow = true;
      for (const word of content.words) list.add(new Scalar(word));
      return list;
    }
    case "items": {
      const list = new YAMLSeq<Node>();
      for (const { text, comment } of content.items) {
        const item = new Scalar(text);
        if (comment !== null) item.comment = ` ${comment}`;
        list.add(item);
      }
      return list;
    }
    case "entries":
      return mapOf(content.entries);
  }
}

function plainNode(value: unknown): Node {
  const node = new Document(value).contents as Node | null;
  if (node === null) return new Scalar(null);
  // A prompt is a block of lines, not one line with escapes in it.
  if (isScalar(node) && typeof node.value === "string" && node.value.includes("\n")) node.type = "BLOCK_LITERAL";
  return node;
}
