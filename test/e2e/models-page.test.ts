/** docs/models.md: every cadre.yaml on it is valid as it stands, every cadre command runs, and what cannot be run here is marked. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { parseConfig } from "../../src/config/config.ts";
import { startChatServer } from "../fixtures/chat-server.ts";
import { main, project } from "./cli-process.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/models.md", import.meta.url)), "utf8");

type Block = { readonly kind: string; readonly text: string; readonly before: string };

const blocks: readonly Block[] = [...page.matchAll(/^```(.*)\n([\s\S]*?)^```/gm)].map((match) => ({
  kind: match[1] ?? "",
  text: match[2] ?? "",
  before: page.slice(0, match.index).trimEnd().split("\n").at(-1) ?? "",
}));
const ofKind = (kind: string): Block[] => blocks.filter((block) => block.kind === kind);

test.each(ofKind("yaml").map(({ text }, at) => [at + 1, text] as const))("cadre.yaml %i is valid", (_at, text) => {
  expect(parseConfig(text).problems).toEqual([]);
});

test("the brief with limits is one", () => {
  const [block] = ofKind("md brief");
  const { brief, problems } = readBrief(block?.text ?? "", null);
  expect(problems).toEqual([]);
  expect(brief?.limits).toMatchObject({ money: { amount: 5, currency: "EUR" }, gpuSeconds: 1800, wallSeconds: 7200 });
});

test("what is not run is marked as such, and everything else is run or read", () => {
  for (const { before } of ofKind("sh not-run")) expect(before).toContain("**not run**");
  expect(blocks.filter(({ kind }) => !["sh", "sh not-run", "yaml", "md brief"].includes(kind))).toEqual([]);
  const commands = ofKind("sh").flatMap(({ text }) => text.trim().split("\n"));
  expect(commands.every((line) => line.startsWith("npx cadre "))).toBe(true);
});

/** What the page says of the command: a question to a person ends a run with 8. */
const codes: Readonly<Record<string, number>> = { run: 8, doctor: 0 };

test.each(ofKind("sh").map(({ text }) => text.trim()))("%s", { timeout: 60_000 }, async (line) => {
  const ask = { question: "Which one?", options: ["this", "that"] };
  const server = await startChatServer([{ kind: "reply", calls: [{ name: "ask_followup_question", args: ask }] }]);
  try {
    const dir = project();
    const here = (text: string): string => text.replaceAll("http://127.0.0.1:8000/v1", server.url);
    writeFileSync(join(dir, "cadre.yaml"), here(ofKind("yaml")[0]?.text ?? ""));
    const command = here(line).replace(/^npx cadre /, `"${process.execPath}" "${main}" `);
    const child = spawn("sh", ["-c", command], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (said += String(piece)));
    const code = await new Promise((done) => child.on("close", done));
    expect({ code, said: code === codes[line.split(" ")[2] ?? ""] ? "" : said }).toEqual({
      code: codes[line.split(" ")[2] ?? ""],
      said: "",
    });
    expect(server.requests.length).toBeGreaterThan(0);
    expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  } finally {
    await server.close();
  }
});
