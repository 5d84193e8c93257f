/** The part of a call before its arguments, as a grammar: the names that may stand there, each with what the chat format puts after it. */

/** GBNF. A name may begin with another one, so what follows the name belongs to the rule. */
export function namesGrammar(openings: readonly string[]): string {
  return `root ::= ${openings.map(literal).join(" | ")}`;
}

function literal(text: string): string {
  const escaped = Array.from(text, (character) => {
    if (character === '"' || character === "\\") return `\\${character}`;
    if (character === "\n") return "\\n";
    return character === "\r" ? "\\r" : character === "\t" ? "\\t" : character;
  });
  return `"${escaped.join("")}"`;
}
