/**
 * Where the keys and values of a TOML document stand. The document is known to be valid, so nothing is checked: this only walks it,
 * in one pass and without going back.
 */

export type TomlMark = { readonly line: number; readonly column: number; readonly comment: string | null };

type Token = {
  readonly kind: "text" | "mark" | "comment" | "end";
  /** Of a string: its content as written, without quotes. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
};

/** One name for a path of keys and indexes. */
export function pathKey(path: readonly (string | number)[]): string {
  return JSON.stringify(path);
}

/** By `pathKey`, the place of each key's value (the key's own place) and of each item of a list. */
export function locateToml(source: string, firstLine: number): ReadonlyMap<string, TomlMark> {
  const walk: Walk = { tokens: tokensOf(source, firstLine), at: 0, marks: new Map(), tables: new Map() };
  let table: readonly (string | number)[] = [];
  for (let token = walk.tokens[walk.at]; token; token = walk.tokens[walk.at]) {
    if (token.kind === "end" || token.kind === "comment") walk.at += 1;
    else if (token.kind === "mark" && token.text === "[") table = header(walk, token);
    else pair(walk, table, "end");
  }
  return walk.marks;
}

type Path = readonly (string | number)[];
type Walk = {
  readonly tokens: readonly Token[];
  at: number;
  readonly marks: Map<string, TomlMark>;
  /** How many tables of a list of tables were seen, by the list's path. */
  readonly tables: Map<string, number>;
};

/** `[a.b]` or `[[a.b]]`: the path that the following keys belong to. */
function header(walk: Walk, first: Token): Path {
  const line = walk.tokens.findIndex((token, index) => index >= walk.at && token.kind === "end");
  const end = line === -1 ? walk.tokens.length : line;
  const own = walk.tokens.slice(walk.at, end);
  walk.at = end;
  const listed = own[1]?.kind === "mark" && own[1].text === "[";
  const keys = keysOf(own.filter((token) => token.kind === "text"));
  let path: Path = [];
  for (const [index, key] of keys.entries()) {
    path = [...path, key];
    note(walk, path, first, null);
    const seen = walk.tables.get(pathKey(path));
    if (listed && index === keys.length - 1) {
      walk.tables.set(pathKey(path), (seen ?? -1) + 1);
      path = [...path, (seen ?? -1) + 1];
      note(walk, path, first, null);
    } else if (seen !== undefined) path = [...path, seen];
  }
  return path;
}

/** `key = value`, up to the end of the line or, in an inline table, up to its comma or brace. */
function pair(walk: Walk, table: Path, closing: "end" | "brace"): void {
  const first = walk.tokens[walk.at] as Token;
  const start = walk.at;
  while (walk.tokens[walk.at] && !isMark(walk.tokens[walk.at], "=")) walk.at += 1;
  const path = [...table, ...keysOf(walk.tokens.slice(start, walk.at).filter((token) => token.kind === "text"))];
  walk.at += 1;
  value(walk, path);
  const comment = walk.tokens[walk.at];
  note(walk, path, first, closing === "end" && comment?.kind === "comment" ? comment.text : null);
}

function value(walk: Walk, path: Path): void {
  const token = walk.tokens[walk.at];
  if (isMark(token, "[")) list(walk, path);
  else if (isMark(token, "{")) inlineTable(walk, path);
  else walk.at += 1;
}

function list(walk: Walk, path: Path): void {
  walk.at += 1;
  let index = 0;
  let lastLine = 0;
  for (let token = walk.tokens[walk.at]; token && !isMark(token, "]"); token = walk.tokens[walk.at]) {
    if (token.kind === "end" || token.kind === "comment" || isMark(token, ",")) {
      walk.at += 1;
      continue;
    }
    const own = [...path, index];
    value(walk, own);
    if (isMark(walk.tokens[walk.at], ",")) walk.at += 1;
    const next = walk.tokens[walk.at];
    const alone = lastLine !== token.line;
    note(walk, own, token, alone && next?.kind === "comment" && next.line === token.line ? next.text : null);
    lastLine = token.line;
    index += 1;
  }
  walk.at += 1;
}

function inlineTable(walk: Walk, path: Path): void {
  walk.at += 1;
  for (let token = walk.tokens[walk.at]; token && !isMark(token, "}"); token = walk.tokens[walk.at]) {
    if (token.kind !== "text") walk.at += 1;
    else pair(walk, path, "brace");
  }
  walk.at += 1;
}

function note(walk: Walk, path: Path, { line, column }: Token, comment: string | null): void {
  const key = pathKey(path);
  if (!walk.marks.has(key)) walk.marks.set(key, { line, column, comment });
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === "mark" && token.text === text;
}

/** A bare `a.b` is one token and two keys; a quoted one is one key, dots and all. */
function keysOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) =>
    token.text.startsWith('"') || token.text.startsWith("'")
      ? [token.text.slice(1, -1)]
      : token.text.split(".").filter((part) => part !== ""),
  );
}

const patterns: readonly (readonly [Token["kind"] | "space", RegExp])[] = [
  ["space", /[ \t\r\ufeff]+/y],
  ["end", /\n/y],
  ["comment", /#[^\n]*/y],
  ["text", /"""(?:[^\\]|\\[^])*?"""+/y],
  ["text", /'''[^]*?'''+/y],
  ["text", /"(?:[^"\\\n]|\\.)*"/y],
  ["text", /'[^'\n]*'/y],
  ["mark", /[[\]{},=]/y],
  ["text", /[^\s#[\]{},="']+/y],
];

function tokensOf(source: string, firstLine: number): Token[] {
  const tokens: Token[] = [];
  let line = firstLine;
  let lineStart = 0;
  for (let at = 0; at < source.length;) {
    const [kind, text] = tokenAt(source, at);
    const place = { line, column: at - lineStart + 1 };
    if (kind === "comment") tokens.push({ kind, text: text.replace(/^#+/, "").trim(), ...place });
    else if (kind !== "space") tokens.push({ kind, text, ...place });
    for (let newline = text.indexOf("\n"); newline !== -1; newline = text.indexOf("\n", newline + 1)) {
      line += 1;
      lineStart = at + newline + 1;
    }
    at += text.length;
  }
  return tokens;
}

function tokenAt(source: string, at: number): readonly [Token["kind"] | "space", string] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) return [kind, found[0]];
  }
  return ["space", source.charAt(at)];
}
