import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findPersonalData } from "../../src/tools/screen/personal-data.ts";

const found = (text: string): string[] => findPersonalData(text).map(({ kind, masked }) => `${kind} ${masked}`);

describe("text that looks like personal data", () => {
  test.each([
    ["write to ana.tran+shop@mail.example.vn please", "e-mail address a***@***.vn"],
    ["call 0912 345 678 after six", "telephone number ***78"],
    ["call 0912345678, please", "telephone number ***78"],
    ["+84 (0) 912 345 678", "telephone number ***78"],
    ["0049 30 1234 5679", "telephone number ***79"],
    ["pay to DE89 3704 0044 0532 0130 00 today", "IBAN DE***00"],
    ["GB82WEST12345698765432", "IBAN GB***32"],
    ["4111 1111 1111 1234 is wrong, 4539 1488 0343 6467 is right", "card number ***67"],
    ["378282246310005", "card number ***05"],
    ["DNI 12345678Z", "national id ***8Z"],
    ["RSSMRA85T10A562S", "national id ***2S"],
    ["1 85 05 78 006 048 30", "national id ***30"],
    ["CPF 529.982.247-25", "national id ***25"],
    ["11010519491231002X", "national id ***2X"],
    ["PESEL 44051401359", "national id ***59"],
    ["85073003328", "national id ***28"],
    ["2341 2341 2346", "national id ***46"],
  ])("%s", (text, expected) => {
    expect(found(text)).toEqual([expected]);
  });

  test.each([
    [
      "a check digit that is wrong",
      "DE89370400440532013001, 12345678A, 529.982.247-24, 4539 1488 0343 6468, 44051401358",
    ],
    ["dates and times", "2026-11-30 01:02:03, 01.02.2024 10:30, 01/02/2024"],
    ["amounts and versions", "1,000,000.00 VND, v1.2.3, 0.123456789012, 3.14159265358979"],
    ["ids of the system", "r-7f3a9c.1/e17, sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ["a row of one figure", "0000000000, 1111 1111 1111 1111"],
    ["no address", "a@b, @name, user@localhost, x@-.com"],
    ["plain words", "Giao hàng nhanh, đóng gói cẩn thận."],
  ])("%s is none", (_what, text) => {
    expect(found(text)).toEqual([]);
  });

  test("places are in order, each found once", () => {
    const text = "ana@example.com and bo@example.org, 4539148803436467";
    expect(findPersonalData(text).map(({ kind, at }) => [kind, at])).toEqual([
      ["e-mail address", 0],
      ["e-mail address", 20],
      ["card number", 36],
    ]);
  });

  test("P2 what is shown holds next to nothing of what was found", () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        for (const { masked } of findPersonalData(`x ${address} y`)) {
          expect(masked).not.toContain(address.slice(1, address.indexOf("@")).padEnd(2, "@"));
          expect(masked).not.toBe(address);
        }
      }),
      { numRuns: 50 },
    );
    for (const { masked } of findPersonalData("4539148803436467"))
      expect(masked.replace(/\D/g, "").length).toBeLessThan(4);
  });

  test("P3 texts made to take long are read to their end", () => {
    for (const text of [
      "a".repeat(200_000) + "@",
      "1".repeat(200_000),
      "0 ".repeat(100_000),
      "a@".repeat(50_000),
      "DE89 ".repeat(40_000),
      `${"a.".repeat(50_000)}@b.c`,
    ])
      expect(Array.isArray(findPersonalData(text))).toBe(true);
  });
});
