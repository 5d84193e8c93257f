/**
 * What a workflow file says of who gets work and who does it, read from its text and not run: the file of another revision is somebody's code. Pure.
 *
 * W1. Null rather than a guess: whatever is no plain literal (a spread, a variable, a call but cadre's own `person` and `model`) makes the file one that only running it would tell.
 */
import { model, person, workflowSchema, type Workflow } from "./workflow.ts";

/** Who gets briefs, who is a person, and what roles are granted beyond their own groups. */
export type WorkflowRoles = Pick<Workflow, "entry" | "staffing" | "grants">;

const rolesSchema = workflowSchema.pick({ entry: true, staffing: true, grants: true }).loose();

export function rolesInText(text: string): WorkflowRoles | null {
  try {
    const data = exportedLiteral(text);
    const read = rolesSchema.safeParse(data);
    return read.success ? { entry: read.data.entry, staffing: read.data.staffing, grants: read.data.grants } : null;
  } catch (error) {
    if (error === notPlain) return null;
    throw error;
  }
}

const notPlain = new Error("no plain literal");

function refuse(): never {
  throw notPlain;
}

const token =
  /\s+|\/\/[^\n]*|\/\*[^]*?\*\/|("(?:[^"\\\n]|\\["'\\])*"|'(?:[^'\\\n]|\\["'\\])*'|`[^`\\$]*`)|(\d[\d_]*(?:\.\d+)?)|([\p{ID_Start}$_][\p{ID_Continue}$]*)|([^\s"'`\\/#@])|/uy;

type Token = { readonly kind: "string" | "number" | "word" | "sign"; readonly text: string };
const kinds = ["string", "number", "word", "sign"] as const;

/** Up to what can only be read as code; what follows the workflow need not be plain. */
function tokensOf(text: string): { readonly tokens: readonly Token[]; readonly whole: boolean } {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (!found || found[0] === "") return { tokens, whole: false };
    const [, ...groups] = found;
    const kind = groups.findIndex((each) => each !== undefined);
    if (kind !== -1) tokens.push({ kind: kinds[kind] ?? "sign", text: found[0] });
    at += found[0].length;
  }
  return { tokens, whole: true };
}

function exportedLiteral(text: string): unknown {
  const { tokens, whole } = tokensOf(text);
  const start = tokens.findIndex(
    (_, at) => tokens[at]?.text === "export" && tokens[at + 1]?.text === "const" && tokens[at + 2]?.text === "workflow",
  );
  const reader = new LiteralReader(tokens, start === -1 ? tokens.length : start + 3, helpersIn(text));
  if (reader.take(":")) reader.word();
  reader.expect("=");
  const value = reader.value();
  const code = whole ? tokens.map((each) => each.text).join(" ") : text;
  if (!reader.ends() || /\bworkflow\s*[.[]|\bassign\s*\(\s*workflow\b/.test(code)) refuse();
  return value;
}

const helpers = { person, model };

/** Those of cadre's that the file imports under their own names. */
function helpersIn(text: string): ReadonlySet<string> {
  const imported = [...text.matchAll(/\bimport\s*\{([^}]*)\}\s*from\s*["']cadre["']/g)].flatMap(([, names]) =>
    (names ?? "").split(",").map((name) => name.trim()),
  );
  return new Set(imported.filter((name) => Object.hasOwn(helpers, name)));
}

class LiteralReader {
  readonly #tokens: readonly Token[];
  readonly #helpers: ReadonlySet<string>;
  #at: number;

  constructor(tokens: readonly Token[], at: number, own: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#at = at;
    this.#helpers = own;
  }

  take(sign: string): boolean {
    const found = this.#tokens[this.#at];
    if (found?.kind === "string" || found?.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  expect(sign: string): void {
    if (!this.take(sign)) refuse();
  }

  word(): string {
    const found = this.#next();
    return found.kind === "word" ? found.text : refuse();
  }

  value(): unknown {
    if (this.take("{")) return this.#members();
    if (this.take("[")) return this.#list("]");
    const found = this.#next();
    if (found.kind === "string") return unquoted(found.text);
    if (found.kind === "number") return this.#product(found);
    if (found.kind === "word" && this.#helpers.has(found.text)) return this.#call(found.text);
    const known = { true: true, false: false, null: null } as const;
    return Object.hasOwn(known, found.text) ? known[found.text as keyof typeof known] : refuse();
  }

  /** Behind the value: what only types it, and then the end of the statement. */
  ends(): boolean {
    while (this.take("as") || this.take("satisfies")) this.word();
    const next = this.#tokens[this.#at];
    return next === undefined || [";", "export", "const", "import", "function", "async", "type"].includes(next.text);
  }

  #next(): Token {
    const found = this.#tokens[this.#at] ?? refuse();
    this.#at += 1;
    return found;
  }

  #product(first: Token): number {
    let product = numberOf(first);
    while (this.take("*")) product *= numberOf(this.#next());
    return product;
  }

  #members(): Record<string, unknown> {
    const members = new Map<string, unknown>();
    while (!this.take("}")) {
      const key = this.#next();
      if (key.kind === "sign" || key.kind === "number") refuse();
      this.expect(":");
      const name = key.kind === "string" ? unquoted(key.text) : key.text;
      if (name === "__proto__") refuse(); // it would not be a member
      members.set(name, this.value());
      if (this.take("}")) break;
      this.expect(",");
    }
    return Object.fromEntries(members);
  }

  #list(end: string): unknown[] {
    const items: unknown[] = [];
    while (!this.take(end)) {
      items.push(this.value());
      if (this.take(end)) break;
      this.expect(",");
    }
    return items;
  }

  #call(name: string): unknown {
    this.expect("(");
    const [given, ...more] = this.#list(")");
    if (more.length > 0 || (given !== undefined && typeof given !== "string")) refuse();
    return helpers[name as keyof typeof helpers](given);
  }
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}

function numberOf({ kind, text }: Token): number {
  return kind === "number" ? Number(text.replaceAll("_", "")) : refuse();
}
