/** R6: whatever text a model gives as a path, what comes out is plain and inside. */
import fc from "fast-check";
import { posix } from "node:path";
import { expect, test } from "vitest";
import { parsePath, protectedBy, writeProblem } from "../../src/tools/paths.ts";

const part = fc.oneof(
  fc.constantFrom(
    "..",
    ".",
    "",
    "a",
    "modes",
    ".git",
    "MODES",
    "~",
    "C:",
    "\u0000",
    "\\",
    "a b",
    ".. ",
    "...",
    "é",
    "\u202e",
    "\ud800",
  ),
  fc.string({ maxLength: 5, unit: "binary" }),
);
const anyPath = fc
  .tuple(fc.constantFrom("", "/", "./", "../", "\\"), fc.array(part, { maxLength: 6 }))
  .map(([start, parts]) => start + parts.join("/"));

test("P1 a parsed path resolves to itself, below the root", () => {
  fc.assert(
    fc.property(anyPath, (text) => {
      const parsed = parsePath(text);
      if (!parsed.ok) {
        expect(parsed.reason).not.toBe("");
        return;
      }
      expect(posix.resolve("/root", parsed.path)).toBe(parsed.path === "" ? "/root" : `/root/${parsed.path}`);
      expect(parsed.parts).not.toContain("..");
      for (const char of ["\\", "\u0000"]) expect(parsed.path).not.toContain(char);
      expect(parsePath(parsed.path)).toEqual(parsed);
    }),
    { numRuns: 5000 },
  );
});

test("P2 no change of case, and no invisible character, makes a protected name writable", () => {
  const guarded = fc.constantFrom(
    "modes/a",
    "graphs/b",
    "journal/c",
    "cadre.yaml",
    ".git/config",
    ".cadre/x",
    "deep/.git/config",
  );
  fc.assert(
    fc.property(guarded, fc.infiniteStream(fc.nat(3)), (path, choices) => {
      const spelled = Array.from(path, (char) => {
        const choice = choices.next().value;
        if (choice === 0) return char.toUpperCase();
        return choice === 1 ? `${char}\u200d` : char;
      }).join("");
      expect(protectedBy(spelled)).not.toBeNull();
      expect(writeProblem(spelled)).not.toBeNull();
    }),
  );
});
