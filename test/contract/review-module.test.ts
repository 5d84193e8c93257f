/** The integration deliverable of the shipped brief: a Python module whose own tests pass in the sandbox, with receipts that the report cites. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { EventOf } from "../../src/events/event.ts";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { noSandbox, type Sandbox } from "../../src/tools/sandbox/sandbox.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

const available = bubblewrap({ node: process.execPath }).available();
const missing = "no" in available ? available.no : null;
if (missing !== null) console.warn(`SKIPPED: the Python module is compiled and tested: ${missing}`);

const folder = "deliverables/a-module-that-sorts-customer-reviews/module";

type Ended = {
  readonly report: NonNullable<EventOf<"run_ended">["report"]>;
  readonly files: string[];
  readonly commands: string[];
};

/** The rehearsal to its end; a person approves everything that is asked. */
async function ended(sandbox?: Sandbox): Promise<Ended> {
  const project = shippedProject();
  onTestFinished(() => project.remove());
  const cadre = openCadre({ dir: project.dir, ...(sandbox ? { sandbox } : {}) });
  onTestFinished(() => cadre.close());
  const { brief } = readBrief(
    readFileSync(join(project.dir, "briefs/review-module.md"), "utf8"),
    "briefs/review-module.md",
  );
  const run = await cadre.start(brief as Brief, { by: "lead" });
  let result = await cadre.advance(run.id);
  for (let round = 0; round < 8 && result.status === "waiting"; round += 1) {
    const [ask] = result.asks;
    const verb = ask?.kind === "approval" || ask?.kind === "sign_off" ? "approve" : "answer";
    await cadre.decide(ask!.id, { verb, text: verb === "answer" ? "1" : "", by: "lead", face: "test" });
    result = await cadre.advance(run.id);
  }
  expect(result.status).toBe("finished");
  expect((await cadre.verify(run.id)).problems).toEqual([]);
  const events = (await cadre.store.runEvents(run.id)).map((stored) => stored.event);
  const end = events.find((event) => event.type === "run_ended");
  return {
    report: end!.report!,
    files: end!.changes!.files.map((file) => file.path),
    commands: events.flatMap((event) =>
      event.type === "action_done"
        ? event.results.flatMap((each) => (each.tool === "execute_command" ? [each.text] : []))
        : [],
    ),
  };
}

test.skipIf(missing !== null)(
  "it compiles, its tests pass, and the report cites both receipts",
  { timeout: 120_000 },
  async () => {
    const { report, files, commands } = await ended();
    expect(commands).toEqual([
      expect.stringMatching(/^Exit code 0\.\nIt wrote nothing/),
      expect.stringMatching(/^Exit code 0\.\n[\s\S]*Ran 16 tests in [\s\S]*\nOK/),
    ]);
    const codes = report.measurements.filter((each) => each.unit === "code");
    expect(codes.map((each) => each.value)).toEqual([0, 0]);
    expect(report.criteria.find((each) => each.id === "A2")).toMatchObject({
      status: "met",
      evidence: expect.stringContaining(codes[1]!.effect),
    });
    // What was made, and no caches.
    expect(files.filter((path) => path.startsWith(folder))).toEqual(
      [
        "API.md",
        "MODEL_CARD.md",
        "config.json",
        "requirements.txt",
        "test_text_classifier.py",
        "text_classifier.py",
      ].map((name) => `${folder}/${name}`),
    );
    expect(report.limitations.join("\n")).not.toContain("neither compiled nor tested");
  },
);

test(
  "without a sandbox the module is made all the same, and the report says that it was not tried",
  { timeout: 60_000 },
  async () => {
    const { report, files, commands } = await ended(noSandbox);
    expect(commands).toEqual([]);
    expect(files).toContain(`${folder}/text_classifier.py`);
    expect(report.measurements.filter((each) => each.unit === "code")).toEqual([]);
    expect(report.criteria.find((each) => each.id === "A2")?.status).toBe("not_measured");
    expect(report.limitations.join("\n")).toContain("neither compiled nor tested");
  },
);
