import { describe, expect, test } from "vitest";
import { visible, visibleJson, visibleLines } from "../../src/views/escape.ts";
import { hostileTexts } from "../fixtures/hostile-texts.ts";

/** What may never reach a terminal or a page from a text, joiners in their rightful places aside. */
const raw =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u{E0000}-\u{E0FFF}]/u;

describe("text from models, files and people, shown", () => {
  test("there are forty hostile strings", () => {
    expect(new Set(hostileTexts).size).toBe(40);
  });

  test.each(hostileTexts)("V1 %j becomes one line without hidden characters", (text) => {
    const shown = visible(text);
    expect(shown).not.toMatch(raw);
    expect(shown.split(/\r|\n/)).toHaveLength(1);
    expect(shown).not.toBe("");
  });

  test.each(hostileTexts)("V3 %j is escaped once and for all", (text) => {
    expect(visible(visible(text))).toBe(visible(text));
  });

  test("V1 an escape is written so that it can be read", () => {
    expect(visible("\u001B[31m")).toBe("\\x1b[31m");
    expect(visible("a\u202Eb")).toBe("a\\u{202e}b");
    expect(visible("hugging\u200Dface")).toBe("hugging\\u{200d}face");
    expect(visible("a\n\n  b")).toBe("a ⏎ b");
  });

  test("V1 what is taken for plain at a glance is what the whole search leaves as it is", () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0xffff; code += 1) {
      const character = String.fromCharCode(code);
      if (character === "\n") continue;
      const alone = visibleLines(character).join("");
      // Beside a character that is never plain, the whole search is made.
      const beside = visibleLines(`\u202E${character}`).join("").replace("\\u{202e}", "");
      if (alone !== beside) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  test("V2 letters of every script and emoji stay as they are", () => {
    const texts = [
      "Đánh giá tiếng Việt",
      "e\u0302\u0301",
      "مرحبا",
      "می\u200Cخواهم",
      "क\u094D\u200Dष",
      "日本語",
      "👩\u200D💻",
      "❤\uFE0F",
      "1\uFE0F\u20E3",
      "→ “x” – …",
    ];
    for (const text of texts) expect(visible(text)).toBe(text);
  });

  test("V1 blocks keep their lines, and nothing else of what moves a cursor", () => {
    expect(visibleLines("a\tb\r\nc\rd\u001B[0m")).toEqual(["a  b", "c\\x0dd\\x1b[0m"]);
  });

  test("V1 JSON keeps its value and shows no hidden character", () => {
    for (const text of hostileTexts) {
      const value = { text, list: [text] };
      for (const json of [visibleJson(value), visibleJson(value, 2).replaceAll("\n", " ")]) {
        expect(json).not.toMatch(raw);
        expect(JSON.parse(json)).toEqual(value);
      }
    }
  });
});
