/** Where a JSON object or array that comes in pieces is complete: the grammar would let blanks without end follow it. */
export interface JsonEnd {
  /** How many characters of the piece belong to the value, once it is complete; null as long as it is not. */
  add(piece: string): number | null;
}

export function jsonEnd(): JsonEnd {
  let depth = 0;
  let inString = false;
  let escaped = false;
  return {
    add: (piece) => {
      for (const [at, character] of Array.from(piece, (each) => each).entries()) {
        if (inString) {
          if (escaped) escaped = false;
          else if (character === "\\") escaped = true;
          else if (character === '"') inString = false;
        } else if (character === '"') inString = true;
        else if (character === "{" || character === "[") depth += 1;
        else if (character === "}" || character === "]") {
          depth -= 1;
          if (depth === 0)
            return Array.from(piece)
              .slice(0, at + 1)
              .join("").length;
        }
      }
      return null;
    },
  };
}
