import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Workflow files import "cadre": inside the tests that is the source, not the last build. */
const alias = [
  { find: /^cadre$/, replacement: source("src/index.ts") },
  { find: /^cadre\/testing$/, replacement: source("src/testing.ts") },
];

export default defineConfig({
  test: {
    pool: "forks",
    // Half of the files wait for processes that they started.
    maxWorkers: "100%",
    projects: [
      {
        resolve: { alias },
        test: {
          name: "inside",
          include: ["test/{unit,property,contract,security}/**/*.test.ts"],
          // A worker evaluates the sources once and not once for each file: whatever keeps state is opened by the test that uses it.
          isolate: false,
          setupFiles: ["test/random-seed.ts"],
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
          globalSetup: ["test/build-dist.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
