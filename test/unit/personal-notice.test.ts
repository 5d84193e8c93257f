import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import type { Brief } from "../../src/briefs/brief.ts";
import { personalNotice } from "../../src/cli/personal-notice.ts";
import { temporaryFolder } from "./tools-bench.ts";

function project(models: string): { readonly dir: string; readonly brief: Brief } {
  const dir = temporaryFolder();
  mkdirSync(join(dir, "data"));
  writeFileSync(join(dir, "data/reviews.csv"), "text\nfine\nwrite to ana@example.com\nor bo@example.org\n");
  writeFileSync(join(dir, "cadre.yaml"), models);
  const { brief } = readBrief("Task: Sort the reviews. Questions to 0912 345 678.", null);
  return {
    dir,
    brief: {
      ...(brief as Brief),
      inputs: [
        { path: "data/reviews.csv", note: "" },
        { path: "none.csv", note: "" },
      ] as never,
    },
  };
}

const far =
  "models:\n  far: {tier: endpoint, url: 'https://models.example.com/v1', model: x}\n  near: {tier: endpoint, url: 'http://127.0.0.1:8000/v1', model: x}\n";

test("what roles elsewhere may read is said: kind, count, place and host, masked", () => {
  const { dir, brief } = project(far);
  expect(personalNotice(dir, brief, null)).toEqual([
    "1 × telephone number (the brief ***78) may be read by roles whose models are at models.example.com",
    "2 × e-mail address (data/reviews.csv:3 a***@***.com, data/reviews.csv:4 b***@***.org) may be read by roles whose models are at models.example.com",
  ]);
});

test("what a brief's own file says is cited by the file's lines", () => {
  const { dir, brief } = project(far);
  writeFileSync(join(dir, "brief.md"), "# Reviews\n\nTask: Sort the reviews.\n\nWhy: ana@example.com asked.\n");
  expect(personalNotice(dir, { ...brief, file: "brief.md", inputs: [] }, null)).toEqual([
    "1 × e-mail address (brief.md:5 a***@***.com) may be read by roles whose models are at models.example.com",
  ]);
});

test("nothing is said where every model is on this machine, or none is", () => {
  const { dir, brief } = project(far);
  expect(personalNotice(dir, brief, "near")).toEqual([]);
  expect(personalNotice(dir, brief, "http://127.0.0.1:8000/v1#x")).toEqual([]);
  expect(personalNotice(project("").dir, brief, null)).toEqual([]);
});

test("--model does not decide who is asked about routes", () => {
  const { dir, brief } = project(`${far}routing: {model: far, threshold: 0.5}\n`);
  expect(personalNotice(dir, brief, "near")[0]).toContain("models.example.com");
  expect(personalNotice(dir, brief, "rehearsal")).toEqual([]);
});

test("--model decides where that is", () => {
  const { dir, brief } = project("");
  expect(personalNotice(dir, brief, "hf:team/model")[0]).toContain("router.huggingface.co");
});
