/** File patterns such as `*.ts` or `src/**\/*.{md,txt}`, as an expression of the linear engine. */

/**
 * `*` is anything but a slash, `**` anything, `?` one character, `{a,b}` either. A pattern without a slash is for the file's
 * name alone, wherever it lies.
 */
export function globExpression(pattern: string): string {
  const body = pattern.startsWith("./") ? pattern.slice(2) : pattern;
  return `^${body.includes("/") ? "" : "(?:.*/)?"}${translate(body)}$`;
}

const single: Readonly<Record<string, string>> = { "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")" };

function translate(pattern: string): string {
  let expression = "";
  let open = 0;
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern[index] as string;
    if (pattern.startsWith("**/", index)) {
      expression += "(?:.*/)?";
      index += 2;
    } else if (pattern.startsWith("**", index)) {
      expression += ".*";
      index += 1;
    } else if (char === "," && open > 0) {
      expression += "|";
    } else {
      if (char === "{") open += 1;
      if (char === "}") open -= 1;
      expression += single[char] ?? char.replace(/[.+^$()|[\]\\]/, "\\$&");
    }
  }
  return expression;
}
