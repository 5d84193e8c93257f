/** What an editor shows of the public API: every name that a program can import says what it is. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const declaration = /^export (?:async )?(?:type|interface|class|function|const) (\w+)/gm;

type Exported = { readonly name: string; readonly file: string };

/** What an entry exports itself, and what it hands on by name. */
function exportsOf(entry: string): Exported[] {
  const text = readFileSync(join(source, entry), "utf8");
  const own = [...text.matchAll(declaration)].map(([, name = ""]) => ({ name, file: entry }));
  const handedOn = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)"/gm)].flatMap(
    ([, names = "", from = ""]) =>
      names
        .split(",")
        .map((name) => name.replace(/\btype\b/, "").trim())
        .filter((name) => name !== "")
        .map((name) => ({ name, file: join(dirname(entry), from) })),
  );
  return [...own, ...handedOn];
}

/** The text of the file that declares it: this one, or one of those that it hands on whole. */
function declaring({ name, file }: Exported): string | undefined {
  const text = readFileSync(join(source, file), "utf8");
  if ([...text.matchAll(declaration)].some(([, declared]) => declared === name)) return text;
  const whole = [...text.matchAll(/^export \* from "([^"]+)"/gm)].map(([, from = ""]) => join(dirname(file), from));
  return whole.map((each) => declaring({ name, file: each })).find((found) => found !== undefined);
}

test.each(["index.ts", "testing.ts", "checkpoint-sqlite/saver.ts", "models/chat-hugging-face.ts"])(
  "every export of %s has a doc comment",
  (entry) => {
    const all = exportsOf(entry);
    expect(all.length).toBeGreaterThan(0);
    const bare = all.filter((each) => {
      const text = declaring(each) ?? "";
      return !new RegExp(`\\*/\\nexport (?:async )?(?:type|interface|class|function|const) ${each.name}\\b`).test(text);
    });
    expect(bare).toEqual([]);
  },
);
