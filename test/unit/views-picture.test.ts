/** What is drawn of a chart, where it lies, and the file that it becomes. */
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import { USER, type OrgChart } from "../../src/org/chart.ts";
import { compile } from "../../src/org/compile.ts";
import { elkGraph, placedFrom, planOf } from "../../src/layout/elk-graph.ts";
import { startLayoutThread } from "../../src/layout/layout-thread.ts";
import { openPlacer } from "../../src/layout/place.ts";
import { chartSvg, mapSvg } from "../../src/views/chart-svg.ts";
import { foldedFrom, mapOf } from "../../src/views/org-map.ts";
import { pictureOfChart, pictureOfRole, pictureOfRun, plainName, type DrawnChart } from "../../src/views/picture.ts";
import { standingOf } from "../../src/views/standing.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { walkedRoutes } from "../../src/views/walked.ts";
import { curvedWay, directWay, labelPlace, numberBox, roundedPath, stepNumbers } from "../../src/views/ways.ts";
import { reviewsRun } from "../fixtures/reviews-run.ts";

const root = new URL("../..", import.meta.url).pathname;
const { chart }: { chart: OrgChart } = compile((await loadProjectModes(root)).modes);
const events = reviewsRun();
const walked = walkedRoutes(traceSteps(events));

/** So many roles in so many departments. */
function large(roles: number, departments = 9): DrawnChart {
  return {
    roles: Array.from({ length: roles }, (_, n) => ({
      slug: `role-${n}`,
      name: `Role number ${n}`,
      level: "",
      rank: n < 4 ? "director" : n < 16 ? "lead" : "worker",
      department: `department ${n % departments}`,
    })),
    routes: [],
  };
}

describe("a picture", () => {
  test("P1 holds every route that was walked, refused attempts among them", () => {
    const picture = pictureOfRun(chart, walked);
    const known = new Set([USER, ...chart.roles.map(({ slug }) => slug)]);
    const ids = new Set(picture.edges.map(({ id }) => id));
    const kinds = {
      copy: "report",
      start: "start",
      delegation: "delegation",
      escalation: "escalation",
      question: "question",
      refusal: "refusal",
    };
    for (const { kind, from, to } of walked)
      if (known.has(from) && known.has(to)) expect(ids).toContain(`${kinds[kind]} ${from} ${to}`);
    expect(picture.edges.some(({ kind }) => kind === "refusal")).toBe(true);
  });

  test("P1 holds the declared routes of who was given work, and of nobody else", () => {
    const { edges } = pictureOfRun(chart, walked);
    const drawn = edges.filter(({ kind, from }) => kind === "escalation" && from === "huggingface-specialist");
    const declared = chart.routes.filter(
      ({ kind, from }) => kind === "escalation" && from === "huggingface-specialist",
    );
    expect(drawn.length).toBeGreaterThanOrEqual(declared.length);
    expect(edges.some(({ kind, from }) => kind === "delegation" && from === "technical-architect")).toBe(false);
  });

  test("P2 is the same for the same walk, in whatever order it was walked", () => {
    const again = pictureOfRun(chart, walked);
    expect(JSON.stringify(again)).toBe(JSON.stringify(pictureOfRun(chart, walked)));
    expect(pictureOfRun(chart, walked.toReversed()).nodes).toEqual(again.nodes);
  });

  test("every edge leads from and to a box that is there", () => {
    for (const picture of [pictureOfRun(chart, walked), pictureOfChart(chart), pictureOfRole(chart, "backend-lead")]) {
      const ids = new Set(picture.nodes.map(({ id }) => id));
      expect(picture.edges.filter(({ from, to }) => !ids.has(from) || !ids.has(to))).toEqual([]);
      expect(new Set(picture.edges.map(({ id }) => id)).size).toBe(picture.edges.length);
    }
  });

  test("of more roles than can be read, only those that were reached are in it", () => {
    const many = large(90);
    const routes = Array.from({ length: 60 }, (_, n) => ({
      kind: "delegation" as const,
      from: "role-0",
      to: `role-${n + 1}`,
    }));
    const picture = pictureOfRun({ ...many, routes }, [
      { kind: "start", from: USER, to: "role-0", steps: [1], returned: [] },
    ]);
    expect(picture.nodes.map(({ id }) => id)).toEqual([USER, "role-0"]);
  });

  test("a name keeps its words and loses the sign before them", () => {
    expect(["🧠 AI Lead", "✍️ Writer", "Plain", "👩🏽‍💻 Dev", "🧠", "Ω 3"].map(plainName)).toEqual([
      "AI Lead",
      "Writer",
      "Plain",
      "Dev",
      "🧠",
      "Ω 3",
    ]);
  });
});

describe("a layout", () => {
  test("has every box and every route of its picture, ranks from top to bottom", async () => {
    const placer = openPlacer({ deadlineMs: 60_000 });
    const picture = pictureOfRun(chart, walked);
    const placed = await placer.place(planOf(picture));
    await placer.close();
    if (!placed) throw new Error("no layout");
    expect(placed.nodes.map(({ id }) => id).toSorted()).toEqual(picture.nodes.map(({ id }) => id).toSorted());
    expect(placed.edges.filter(({ points }) => points.length < 2)).toEqual([]);
    const y = new Map(placed.nodes.map((node) => [node.id, node.y]));
    for (const one of picture.nodes)
      for (const other of picture.nodes)
        if (one.rank < other.rank) expect(y.get(one.id)).toBeLessThan(y.get(other.id) as number);
    // A route begins at the box that declares it, whichever way it was laid out.
    const boxes = new Map(placed.nodes.map((node) => [node.id, node]));
    for (const { id, from } of picture.edges) {
      const [start] = placed.edges.find((edge) => edge.id === id)?.points ?? [];
      const box = boxes.get(from);
      if (!start || !box) throw new Error(`${id} is nowhere`);
      expect(start.x).toBeGreaterThanOrEqual(box.x - 1);
      expect(start.x).toBeLessThanOrEqual(box.x + box.width + 1);
    }
  });

  test("L1 is given up after its deadline, and the next one has a thread again", async () => {
    const placer = openPlacer({ deadlineMs: 1 });
    const plan = planOf(pictureOfChart(chart, { reports: true }));
    expect(await placer.place(plan)).toBeNull();
    await placer.close();
    const patient = openPlacer({ deadlineMs: 60_000 });
    expect(await patient.place({ nodes: [{ id: "a", rank: 0, width: 10, height: 10 }], edges: [] })).not.toBeNull();
    expect(patient.place(plan)).toBe(patient.place(plan)); // L2
    await patient.close();
  });

  test.each([
    ["could not start", "process.exit(1)"],
    [
      "ended in the middle",
      "const { parentPort } = require('node:worker_threads'); parentPort.postMessage(0); parentPort.once('message', () => process.exit(1));",
    ],
    ["ended while nobody drew", "require('node:worker_threads').parentPort.postMessage(0)"],
  ])("L4 is not waited for where the thread %s, and the next one has a thread again", async (_what, code) => {
    const ended = Promise.withResolvers<unknown>();
    const ending = (): Worker => new Worker(code, { eval: true }).once("exit", ended.resolve);
    const starts = [startLayoutThread, ending];
    const placer = openPlacer({ deadlineMs: 3_600_000, start: async () => starts.pop()!() });
    const plan = { nodes: [{ id: "a", rank: 0, width: 10, height: 10 }], edges: [] };
    placer.warm();
    if (code.includes("exit")) await expect(placer.place(plan)).rejects.toThrow("has ended");
    else await ended.promise;
    expect(await placer.place(plan)).not.toBeNull();
    await placer.close();
  });

  test("turns a route that goes up round for the engine, and back", () => {
    const plan = {
      nodes: [
        { id: "top", rank: 0, width: 10, height: 10 },
        { id: "low", rank: 1, width: 10, height: 10 },
      ],
      edges: [{ id: "e", from: "low", to: "top" }],
    };
    const graph = elkGraph(plan);
    expect(graph.edges?.[0]).toMatchObject({ sources: ["top"], targets: ["low"] });
    const sections = [{ id: "s", startPoint: { x: 1, y: 10 }, endPoint: { x: 1, y: 50 } }];
    const placed = placedFrom(plan, { ...graph, edges: [{ id: "e", sources: ["top"], targets: ["low"], sections }] });
    expect(placed.edges[0]?.points).toEqual([
      { x: 1, y: 50 },
      { x: 1, y: 10 },
    ]);
  });
});

describe("a map", () => {
  test("has every role once, inside its department, and no two over each other", () => {
    const map = mapOf(large(90));
    expect(map.chips).toHaveLength(91);
    const apart = (one: (typeof map.chips)[number], other: (typeof map.chips)[number]): boolean =>
      one.x + one.width <= other.x ||
      other.x + other.width <= one.x ||
      one.y + one.height <= other.y ||
      other.y + other.height <= one.y;
    for (const [at, one] of map.chips.entries())
      for (const other of map.chips.slice(at + 1)) expect(apart(one, other)).toBe(true);
    for (const chip of map.chips.slice(1)) {
      const around = map.boxes.filter(
        (box) =>
          chip.x >= box.x &&
          chip.y >= box.y &&
          chip.x + chip.width <= box.x + box.width &&
          chip.y + chip.height <= box.y + box.height,
      );
      expect(around).toHaveLength(1);
    }
  });

  test("M1 folds departments of a larger organisation into counters, and keeps who was named", () => {
    const map = mapOf(large(foldedFrom + 1), new Set(["role-40"]));
    expect(map.chips.map(({ id }) => id)).toEqual([USER, "role-40"]);
    expect(map.boxes.reduce((sum, { folded }) => sum + folded, 0)).toBe(foldedFrom);
  });

  test("is the same tomorrow", () => {
    expect(mapOf(large(90))).toEqual(mapOf(large(90)));
  });
});

describe("the file", () => {
  test("G1 what a mode says is text in it, and cannot open or end an element", () => {
    const name = `</text><script>alert(1)</script>"'&\u202E`;
    const own: DrawnChart = { roles: [{ slug: "a", name, level: name, rank: "lead", department: name }], routes: [] };
    const picture = pictureOfChart(own);
    const places = picture.nodes.map(({ id, width, height }) => ({ id, x: 0, y: 0, width, height }));
    for (const svg of [
      chartSvg(picture, { width: 10, height: 10, nodes: places, edges: [] }, name),
      mapSvg(mapOf(own), name),
    ]) {
      expect(
        svg.match(/<(\w+)/g)?.filter((tag) => !/^<(svg|title|style|defs|marker|path|rect|g|text)$/.test(tag)),
      ).toEqual([]);
      expect(svg).not.toContain("\u202E");
      expect(svg).toContain("&#60;script&#62;");
    }
  });
});

describe("ways", () => {
  const box = (x: number, y: number) => ({ id: "", x, y, width: 100, height: 40 });
  test("begin and end where their points do", () => {
    expect(roundedPath([])).toBe("");
    expect(
      roundedPath([
        { x: 0, y: 0 },
        { x: 0, y: 50 },
        { x: 50, y: 50 },
      ]),
    ).toMatch(/^M0 0L0 43Q0 50 7 50L50 50$/);
    expect(
      labelPlace([
        { x: 0, y: 0 },
        { x: 0, y: 10 },
        { x: 100, y: 10 },
      ]),
    ).toEqual({ x: 50, y: 10 });
  });
  test("lead up, down and along from an edge to an edge", () => {
    for (const to of [box(200, 200), box(200, -200), box(200, 0), box(0, 200)]) {
      const way = directWay(box(0, 0), to);
      expect(way.length).toBeGreaterThanOrEqual(2);
      expect(curvedWay(box(0, 0), to, 0).curve).not.toBe(curvedWay(box(0, 0), to, 1).curve);
    }
  });
  test("keep the number of a bow off the roles that it passes, and off other numbers", () => {
    const middle = curvedWay(box(0, 0), box(0, 400), 0).points[0] as { x: number; y: number };
    const passed = { x: middle.x - 50, y: middle.y - 20, width: 100, height: 40 };
    const beside = curvedWay(box(0, 0), box(0, 400), 0, [passed]).points[0] as { x: number; y: number };
    const own = numberBox(beside);
    expect(own.y >= passed.y + passed.height || own.y + own.height <= passed.y).toBe(true);
    const third = curvedWay(box(0, 0), box(0, 400), 0, [passed, own]).points[0];
    expect(third).not.toEqual(beside);
    // With no room anywhere it stands in the middle all the same.
    const everywhere = { x: -1000, y: -1000, width: 3000, height: 3000 };
    expect(curvedWay(box(0, 0), box(0, 400), 0, [everywhere]).points[0]).toEqual(middle);
  });
  test("name at most three of their steps", () => {
    expect([stepNumbers([5]), stepNumbers([5, 6]), stepNumbers([1, 2, 3, 4, 5])]).toEqual(["5", "5·6", "1·2·3+2"]);
  });
});

test("roles stand where the desks of their lines say: asked, waiting, done", () => {
  const asked = events.findIndex(({ event }) => event.type === "ask_raised" && event.kind === "escalation");
  expect(Object.fromEntries(standingOf(events.slice(0, asked + 1)))).toMatchObject({
    "ai-ml-lead": "waits",
    "huggingface-specialist": "waits",
    "technical-architect": "done",
    "project-manager": "asks",
    user: "asked",
  });
  expect(new Set(standingOf(events).values())).toEqual(new Set(["done"]));
});
