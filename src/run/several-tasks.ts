/**
 * Several tasks given out at once: each becomes a child line, which is worked on beside the others (DESIGN §5).
 *
 * R1. Every one of them goes along a declared route, or none is given out.
 * S1. What siblings may write is apart (R6): no file or folder of one lies in, or is, another's; and all of it lies in what their own line may write.
 * S2. Breadth bounds how many child lines of a run are open at one time, in the whole tree. Who would open more is told so; who insists has a
 *     person decide whether it is raised.
 */
import type { Assignment, Call, Wait } from "../events/event.ts";
import { childLine } from "../ids.ts";
import { ruleOf, type Route } from "../org/chart.ts";
import { fit } from "../org/who.ts";
import { liesIn, parsePath, writeProblem } from "../tools/paths.ts";
import { inputsAreThere } from "./inputs-there.ts";
import { defaultLimits } from "./limits.ts";
import { declaredRoute, parsed, refuse, type Turn } from "./refusal.ts";
import { askAboutLimit } from "./spending.ts";
import { assignmentOf, newTasksArgs } from "./verbs.ts";

export type Task = {
  readonly route: Route;
  readonly assignment: Assignment;
  /** As `parsePath` gives them. */
  readonly writes: readonly string[];
  readonly wait: Wait;
};

/** The tasks of a call, all of them checked; undefined after the refusal was recorded. */
export async function severalTasks(turn: Turn, call: Call): Promise<readonly Task[] | undefined> {
  if (!turn.context.mayOpenLines) {
    refuse(turn, call, {
      code: "call-malformed",
      reason: "only one task can be given out at a time here: use `new_task`.",
    });
    return undefined;
  }
  const args = parsed(turn, call, newTasksArgs());
  if (!args) return undefined;
  const tasks: Task[] = [];
  for (const task of args.tasks) {
    const route = declaredRoute(turn, call, "delegation", task.mode);
    if (!route || !inputsAreThere(turn, call, task.inputs)) return undefined;
    const writes = pathsOf(turn, call, task.writes);
    if (!writes) return undefined;
    tasks.push({ route, assignment: assignmentOf(task), writes, wait: args.wait });
  }
  return keepsApart(turn, call, tasks) && (await hasRoom(turn, call, tasks.length)) ? tasks : undefined;
}

export function openChildren({ batch, context, frame }: Turn, call: Call, tasks: readonly Task[]): void {
  for (const { route, assignment, writes, wait } of tasks) {
    batch.add({
      type: "child_opened",
      at: batch.now(),
      frame: frame.id,
      role: frame.role,
      callId: call.id,
      child: childLine(context.line, batch.next),
      to: route.to,
      wait,
      rule: ruleOf(route),
      assignment,
      writes: [...writes],
      fit: fit(route, assignment.task),
    });
  }
}

function pathsOf(turn: Turn, call: Call, writes: readonly string[]): string[] | undefined {
  const paths: string[] = [];
  for (const text of writes) {
    const path = parsePath(text);
    const problem = path.ok ? writeProblem(path.path) : path.reason;
    if (!path.ok || problem !== null) {
      refuse(turn, call, {
        code: "call-malformed",
        reason: `writes: ${JSON.stringify(text)} cannot be written: ${problem}. Name files or folders of the workspace.`,
      });
      return undefined;
    }
    paths.push(path.path);
  }
  return paths;
}

/** S1. */
function keepsApart(turn: Turn, call: Call, tasks: readonly Task[]): boolean {
  const clash = overlap(tasks) ?? beyond(turn, tasks);
  if (clash !== null) refuse(turn, call, { code: "writes-overlap", reason: `Nothing was given out: ${clash}` });
  return clash === null;
}

function overlap(tasks: readonly Task[]): string | null {
  for (const [at, one] of tasks.entries()) {
    for (const [other, two] of tasks.entries()) {
      if (other <= at) continue;
      const shared = one.writes.find((path) => two.writes.some((each) => liesIn(path, each) || liesIn(each, path)));
      if (shared !== undefined)
        return `tasks ${at + 1} and ${other + 1} would both write ${shared}. Give each files or folders of its own, or give the tasks out one after the other.`;
    }
  }
  return null;
}

function beyond({ desk }: Turn, tasks: readonly Task[]): string | null {
  if (desk.started?.type !== "child_started") return null;
  const { writes } = desk.started;
  const outside = tasks.flatMap((task) => task.writes).find((path) => !writes.some((own) => liesIn(path, own)));
  if (outside === undefined) return null;
  const own = writes.length === 0 ? "nothing" : writes.join(", ");
  return `${outside} is not yours to write, so not yours to give: this task may write ${own}.`;
}

/** S2. */
async function hasRoom(turn: Turn, call: Call, count: number): Promise<boolean> {
  const { desk, frame } = turn;
  const { store, run } = turn.context;
  const open = (await store.lines(run.id)).filter((line) => line.parent !== null && !line.closed).length;
  const set = ((await store.run(run.id)) ?? run).limits.breadth ?? defaultLimits.breadth;
  const ceiling = Math.max(set, desk.ceilings.breadth ?? 0);
  if (open + count <= ceiling) return true;
  if (desk.narrowed.includes(frame.id)) {
    const beside = open === 0 ? "" : ` beside ${open} at work`;
    const insists = `${frame.role} insists on ${count} tasks at once${beside}, beyond the run's limit`;
    await askAboutLimit(turn, { name: "breadth", value: open + count, ceiling }, insists);
    return false;
  }
  const room = Math.max(0, ceiling - open);
  refuse(turn, call, {
    code: "breadth-exceeded",
    reason:
      `${count} tasks at once are too many: the run's limit for breadth is ${ceiling}, and ${open} are at work. ` +
      (room >= 2 ? `Give out at most ${room} at once.` : "Use `new_task`, one after the other.") +
      " If it has to be all of them at once, send it again: a person will then decide.",
  });
  return false;
}
