import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import {
  block,
  cell,
  code,
  fence,
  frontMatter,
  inline,
  isProjectPath,
  placeText,
  quote,
  table,
} from "../../src/views/markdown.ts";
import { unwrap } from "../../src/views/unwrap.ts";
import { visible } from "../../src/views/escape.ts";
import { hostileTexts } from "../fixtures/hostile-texts.ts";

describe("texts set into Markdown", () => {
  test.each([
    ["# heading", "\\# heading"],
    ["#5 is no heading", "#5 is no heading"],
    ["- item", "\\- item"],
    ["-5 degrees", "-5 degrees"],
    ["---", "\\---"],
    ["===", "\\==="],
    ["1. first", "1\\. first"],
    ["1.5 points", "1.5 points"],
    ["> quoted", "\\> quoted"],
    ["a -> b, a < b, 3 > 2", "a -> b, a < b, 3 > 2"],
    ["<b>bold</b>", "\\<b>bold\\</b>"],
    ["![x](y)", "!\\[x\\](y)"],
    ["a | b", "a \\| b"],
    ["snake_case and _emphasis_", "snake_case and \\_emphasis\\_"],
    ["2 * 3 * 4", "2 \\* 3 \\* 4"],
    ["`code`", "\\`code\\`"],
    ["&lt; and R&D", "&amp;lt; and R&D"],
    ["$5 and ~~gone~~", "\\$5 and \\~\\~gone\\~\\~"],
  ])("Q1 Q2 inline %j is written %j", (text, written) => {
    expect(inline(text)).toBe(written);
  });

  test("Q3 a quote keeps paragraphs, lines and lists", () => {
    expect(quote("One.\nTwo.\n- a\n- b\n\n\nThree.\n")).toEqual([
      "> One.\\",
      "> Two.",
      ">",
      "> - a",
      "> - b",
      ">",
      "> Three.",
    ]);
    expect(quote("  \n ")).toEqual([]);
  });

  test.each(hostileTexts)("Q1 a quote of %j is a quote on every line", (text) => {
    for (const line of quote(text)) expect(line).toMatch(/^>(?: .*)?$/);
    expect(quote(text).join("\n")).not.toMatch(/(?<!\\)<[a-z/!?]/i);
    expect(quote(text).join("\n")).not.toMatch(/(?<!\\)\]\(/);
  });

  test.each(hostileTexts)("Q1 a fence holds %j", (text) => {
    const [open = "", ...rest] = fence(text);
    const ticks = /^`+/.exec(open)?.[0] ?? "";
    expect(rest.filter((line) => line.trim() === ticks)).toHaveLength(1);
    expect(rest.at(-1)).toBe(ticks);
  });

  test("prose that was wrapped at a margin flows again; short lines and lists stay", () => {
    const long = "A line that is long enough to have been broken by a right margin,";
    expect(unwrap(`${long}\nand goes on.\n\nNext\nline\n- ${long}\n- item`)).toBe(
      `${long} and goes on.\n\nNext\nline\n- ${long}\n- item`,
    );
    expect(unwrap(`    ${long}\nx`)).toBe(`    ${long}\nx`);
    expect(unwrap(unwrap(`${long}\n${long}\nx`))).toBe(unwrap(`${long}\n${long}\nx`));
    expect(block(`${long}\nand goes on.`)).toEqual([`> ${long} and goes on.`]);
  });

  test("what is laid out stays laid out, prose becomes a quote", () => {
    expect(block("a\n    b")[0]).toBe("```text");
    expect(block("| a |\n| b |")[0]).toBe("```text");
    expect(block("```js\nx\n```")[0]).toBe("````text");
    expect(block("prose")).toEqual(["> prose"]);
    expect(block(" \n")).toEqual([]);
  });

  test.each(hostileTexts)("Q1 a table with %j has the cells that it should have", (text) => {
    for (const row of table(["a", "b"], [[inline(text), cell(text, 20)]])) {
      expect(row.match(/(?<!\\)\|/g)).toHaveLength(3);
      expect(row).not.toContain("\n");
    }
  });

  test.each(hostileTexts)("front matter reads %j back as what is shown of it", (text) => {
    const lines = frontMatter([
      ["text", text],
      ["number", 3],
      ["none", null],
      ["yes", true],
    ]);
    expect(lines).toHaveLength(6);
    const document = parseDocument(lines.slice(1, -1).join("\n"));
    expect(document.errors).toEqual([]);
    expect(document.toJS()).toEqual({ text: visible(text), number: 3, none: null, yes: true });
  });

  test("a code span that could be left is written as text", () => {
    expect(code("a/b.md")).toBe("`a/b.md`");
    expect(code("a`b|c")).toBe("a\\`b\\|c");
  });

  test("only files of the project are linked", () => {
    expect(placeText({ file: "modes/x.md", line: 29 }, "../../")).toBe("[modes/x.md:29](../../modes/x.md#L29)");
    expect(placeText({ file: "modes/my role (1).md", line: 2 }, "../../")).toBe("`modes/my role (1).md:2`");
    expect(placeText({ file: "modes/my role.md", line: 2 }, "../../")).toBe(
      "[modes/my role.md:2](../../modes/my%20role.md#L2)",
    );
    expect(placeText({ file: "modes/x.md", line: 29 }, null)).toBe("`modes/x.md:29`");
    for (const file of [
      "../x.md",
      "modes/../../x.md",
      "/etc/passwd",
      "javascript:alert(1)",
      "http://x/y.md",
      "C:\\x.md",
      "a//b",
      "",
      ".",
      "modes/./x.md",
    ]) {
      expect(isProjectPath(file), file).toBe(false);
    }
  });
});
