import fc from "fast-check";
import { expect, test } from "vitest";
import { findMojibake, mendMojibake, mojibakeProblems } from "../../src/documents/mojibake.ts";

/** Reads UTF-8 bytes as this code page, as the editor did that spoiled the text. Undefined bytes become control characters. */
function spoil(text: string, page: "windows-1252" | "windows-1254" = "windows-1252"): string {
  return new TextDecoder(page).decode(new TextEncoder().encode(text));
}

const lost = /[\u0081\u008d-\u0090\u009d\u009e]/g;

test.each(["🤗", "—", "“quoted”", "café", "Größe", "日本語", "naïve — “ok” 🚀", "Привет", "1️⃣", "⚙️"])(
  "%s comes back from both code pages",
  (text) => {
    expect(mendMojibake(spoil(text)).text).toBe(text);
    expect(mendMojibake(spoil(text, "windows-1254")).text).toBe(text);
  },
);

test("what was encoded twice is mended in one go", () => {
  for (const text of ["🤗", "it’s", "é", "—"])
    expect(mendMojibake(`a ${spoil(spoil(text))} b`).text).toBe(`a ${text} b`);
});

test("M1 M3 sound text of many languages is left byte for byte as it is", () => {
  const sound = [
    "CAFÉ” and “MENÜ” – voilà”… « oui » AMANHÃ… (MAÇÃ”) über 25 °C, 3 µm ± 1 %, §5, ½, ¿qué?, ¡Olé!",
    "Đây là một câu tiếng Việt có dấu: sản phẩm tốt, giao hàng nhanh, “rất” hài lòng…",
    "Türkçe: ığdır, İstanbul, şeker, Ğ, “ağ”… çalışıyor",
    "Ελληνικά, русский, עברית, العربية, 日本語, 한국어, ไทย 🤗 👩‍💻 1️⃣ ⚙️",
    "l’été, cœur, Œuvre, naïve, Šárka, Žižek, €5, ™, •, † ‡ ‰",
  ].join("\n");
  expect(findMojibake(sound)).toEqual([]);
  expect(mendMojibake(sound)).toEqual({ text: sound, mended: 0, left: 0 });
});

test("M2 where bytes are lost the place is reported and left, except for a variation selector", () => {
  const text = `a ${spoil("📝").replace(lost, "")} b ${spoil("⏰").replace(lost, "")} c`;
  expect(findMojibake(text).map((place) => place.after)).toEqual([null, null]);
  expect(mendMojibake(text)).toEqual({ text, mended: 0, left: 2 });
  expect(mendMojibake(spoil("⚙️ 1️⃣").replace(lost, "")).text).toBe("⚙️ 1️⃣");
  expect(mojibakeProblems(text, "x.md")[0]?.message).toMatch(/2 of them cannot be mended/);
});

test("places have line and column, and one warning stands for a file", () => {
  const text = `fine\nname: ${spoil("🤗")} and ${spoil("—")}\n`;
  expect(findMojibake(text)).toMatchObject([
    { line: 2, column: 7, before: spoil("🤗"), after: "🤗" },
    { line: 2, column: 16, after: "—" },
  ]);
  expect(mojibakeProblems(text, "x.md")).toMatchObject([
    { code: "mojibake", severity: "warning", file: "x.md", line: 2, column: 7 },
  ]);
  expect(mojibakeProblems("fine", "x.md")).toEqual([]);
});

test("mending is total, stable, and never touches text without characters above U+007F", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const once = mendMojibake(text).text;
      expect(mendMojibake(once).text).toBe(once);
    }),
    { numRuns: 2_000 },
  );
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => mendMojibake(text).text === text));
});
