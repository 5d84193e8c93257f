import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Workflow files import "cadre": inside the tests that is the source, not the last build. */
const alias = [
  { find: /^cadre$/, replacement: source("src/index.ts") },
  { find: /^cadre\/testing$/, replacement: source("src/testing.ts") },
];

/** What a page is to show, or a process to end, it does within this, on a machine that does other things as well. */
const patient = { poll: { timeout: 10_000 } };

/** The files that take longest, in the folder of tests. */
const longest = [
  "browser/run",
  "browser/page",
  "browser/looks",
  "contract/random-engine",
  "crash/kill-anywhere",
  "crash/fault-points",
  "e2e/cli-run",
  "e2e/docs",
  "e2e/package",
  "security/injection",
].map((name) => source(`test/${name}.test.ts`));

/**
 * Whatever takes long begins first, so that no worker is left alone with it at the end; the others as they took, or by their size. What runs outside goes
 * before all that runs inside: a worker that is given a file of the other kind ends, and the next one loads everything anew.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification): number =>
      (project.name === "outside" ? 0 : longest.length + 1) +
      (longest.includes(moduleId) ? longest.indexOf(moduleId) : longest.length);
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    pool: "forks",
    // Half of the files wait for processes that they started, or for a disk.
    maxWorkers: "150%",
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve: { alias },
        test: {
          name: "inside",
          include: ["test/{unit,property,contract,security}/**/*.test.ts"],
          // A worker evaluates the sources once and not once for each file: whatever keeps state is opened by the test that uses it.
          isolate: false,
          setupFiles: ["test/random-seed.ts"],
          globalSetup: ["test/temporary-folder.ts"],
          expect: patient,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // These run the built command as a process; it is built once, and only if one of them runs.
        resolve: { alias },
        test: {
          name: "outside",
          include: ["test/{e2e,crash,browser}/**/*.test.ts"],
          globalSetup: ["test/temporary-folder.ts", "test/build-dist.ts"],
          isolate: false,
          expect: patient,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
