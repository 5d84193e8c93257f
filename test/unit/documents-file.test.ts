import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileLimit, readTextFile, readTextOrThrow } from "../../src/documents/file.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cadre-file-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function codeOf(content: string | Uint8Array): Promise<string> {
  await writeFile(join(dir, "f"), content);
  const read = await readTextFile(join(dir, "f"), "f");
  return read.ok ? "ok" : `${read.problem.code}:${read.problem.line}`;
}

test("text comes back as it is, byte order mark included, up to exactly the limit", async () => {
  await writeFile(join(dir, "f"), "\ufeffé\r\n🤗");
  expect(await readTextFile(join(dir, "f"), "f")).toEqual({ ok: true, text: "\ufeffé\r\n🤗" });
  expect(await codeOf("x".repeat(fileLimit))).toBe("ok");
  expect(await codeOf("")).toBe("ok");
});

test("what is no small UTF-8 text is refused by name", async () => {
  expect(await codeOf("x".repeat(fileLimit + 1))).toBe("file-too-large:1");
  expect(await codeOf(Buffer.alloc(10 * 1024 * 1024, "x"))).toBe("file-too-large:1");
  expect(await codeOf(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1))).toBe("file-binary:1");
  expect(await codeOf(Buffer.from("a: b\n", "utf16le"))).toBe("file-binary:1");
  expect(await codeOf(Buffer.from("a\nb\ncaf\xe9\n", "latin1"))).toBe("file-not-utf8:3");
  expect(await codeOf(Uint8Array.of(97, 10, 0xf0, 0x9f, 0xa4))).toBe("file-not-utf8:2");
});

test("missing files, folders, pipes and devices are told apart, and a pipe does not hang", async () => {
  const reasonOf = async (path: string) => {
    const read = await readTextFile(path, "shown");
    return read.ok ? "ok" : read.problem.code;
  };
  expect(await reasonOf(join(dir, "none"))).toBe("file-missing");
  expect(await reasonOf(join(dir, "f", "none"))).toBe("file-missing");
  expect(await reasonOf(dir)).toBe("file-folder");
  expect(await reasonOf("/dev/zero")).toBe("file-special");
  execFileSync("mkfifo", [join(dir, "pipe")]);
  expect(await reasonOf(join(dir, "pipe"))).toBe("file-special");
});

test.skipIf(process.getuid?.() === 0)("a file without the right to read it says so", async () => {
  await writeFile(join(dir, "f"), "x");
  await chmod(join(dir, "f"), 0o000);
  expect(await readTextFile(join(dir, "f"), "f")).toMatchObject({ ok: false, problem: { code: "file-unreadable" } });
});

test("readTextOrThrow throws file-unreadable with the reason, the path as shown, and a hint", async () => {
  await expect(readTextOrThrow(join(dir, "none"), "briefs/none.md")).rejects.toMatchObject({
    code: "file-unreadable",
    message: "There is no file briefs/none.md.",
    data: { reason: "file-missing" },
    place: { file: "briefs/none.md" },
    hint: expect.stringContaining("path") as string,
  });
});
