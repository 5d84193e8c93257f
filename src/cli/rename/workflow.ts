/**
 * A role's slug in a workflow file, which is TypeScript of the team's own. Pure: the file is read as tokens and never run.
 *
 * G1. Only what is exactly the slug is changed, as a string literal or as a key, and only under the keys where a workflow names roles.
 *     The same word elsewhere (a name, a reason, a command) is left, and its line is named (N2 in `text.ts`).
 */
import { withEdits, type Edit, type Names, type RenamedText } from "./text.ts";

type Token = {
  readonly kind: "string" | "word" | "mark";
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_$][\w$]*|[{}[\](),:;=]/g;

function tokensOf(text: string): Token[] {
  return [...text.matchAll(token)].flatMap((match): Token[] => {
    const [found] = match;
    if (found.startsWith("//") || found.startsWith("/*") || found.startsWith("`")) return [];
    const kind = /^["']/.test(found) ? "string" : /^\w|^\$/.test(found) ? "word" : "mark";
    return [
      {
        kind,
        text: kind === "string" ? found.slice(1, -1) : found,
        start: match.index,
        end: match.index + found.length,
      },
    ];
  });
}

/** Where a workflow names roles: the keys that lead there, `*` for any, `[]` for an item. `key`: the role is the key itself. */
const roleValues = ["entry", "rules [] roles []", "approvals [] roles []", "approvals [] by []", "withoutApproval [] roles []", "verify by", "signOff by []"]; // prettier-ignore
const roleKeys = ["staffing", "grants"];

export function renameInWorkflow(text: string, names: Names): RenamedText {
  const edits: Edit[] = [];
  const place = new Place();
  const tokens = tokensOf(text);
  for (const [index, each] of tokens.entries()) {
    if (each.kind === "mark") {
      place.pass(each.text);
      continue;
    }
    const isKey = tokens[index + 1]?.text === ":";
    if (each.text === names.from) edits.push(...editsOf(each, isKey, place, names));
    if (isKey) place.key = each.text;
  }
  return withEdits(text, edits, names);
}

/** Which keys and brackets a token stands in. */
class Place {
  readonly open: string[] = [];
  key: string | null = null;

  pass(mark: string): void {
    if (mark === "{" || mark === "[") {
      this.open.push(mark === "[" ? `${this.key ?? "[]"} []` : (this.key ?? "[]"));
      this.key = null;
    } else if (mark === "}" || mark === "]") this.open.pop();
    else if (mark === "," || mark === ";") this.key = null;
  }
}

function editsOf({ kind, start, end }: Token, isKey: boolean, { open, key }: Place, names: Names): Edit[] {
  if (isKey) return roleKeys.some((at) => endsWith(open, at)) ? [keyEdit(kind, start, end, names)] : [];
  return kind === "string" && isRoleValue(open, key) ? [{ start: start + 1, end: end - 1, text: names.to }] : [];
}

function keyEdit(kind: Token["kind"], start: number, end: number, { to }: Names): Edit {
  if (kind === "string") return { start: start + 1, end: end - 1, text: to };
  return { start, end, text: /^[A-Za-z_$][\w$]*$/.test(to) ? to : `"${to}"` };
}

function isRoleValue(open: readonly string[], key: string | null): boolean {
  const path = [...open, ...(key === null ? [] : [key])];
  return roleValues.some((at) => endsWith(path, at));
}

/** Objects in arrays count as items: `approvals [] roles []`. */
function endsWith(path: readonly string[], end: string): boolean {
  const flat = path
    .flatMap((part) => part.split(" "))
    .join(" ")
    .replaceAll("[] []", "[]");
  return flat === end || flat.endsWith(` ${end}`);
}
