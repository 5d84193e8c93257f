/**
 * The process that is killed, and how what is left of its run is brought to an end: one bundle for both, so that one code is tested.
 *
 *   node <bundle> --story <project> <settings as JSON>
 *   node <bundle> --points <folder>                        many projects, one after the other: `points-child.ts`
 */
import type { ChildSettings } from "./child-settings.ts";
import { failPoints } from "./points-child.ts";
import { runStory } from "./run-story.ts";

export { finish } from "./finish.ts";

const [, , word, dir = "", settings = "{}"] = process.argv;
if (word === "--story") process.exitCode = await runStory(dir, JSON.parse(settings) as ChildSettings);
if (word === "--points") await failPoints(dir);
