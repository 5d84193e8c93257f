/** The part of the library that is used here; it ships no types. */
declare module "wink-naive-bayes-text-classifier" {
  type Classifier = {
    definePrepTasks(tasks: readonly ((input: string) => string[])[]): number;
    /** Before `learn`. `smoothingFactor` from 0 to 1. */
    defineConfig(config: { considerOnlyPresence?: boolean; smoothingFactor?: number }): boolean;
    learn(input: string, label: string): boolean;
    /** After the last `learn`; throws for fewer than two labels or ten different tokens. */
    consolidate(): boolean;
    /** `[label, log2 odds]`, best first; the single pair `["unknown", 0]` where no token is known. */
    computeOdds(input: string): [label: string, odds: number][];
    /** What was learned, as JSON. */
    exportJSON(): string;
  };
  function makeClassifier(): Classifier;
  export = makeClassifier;
}
