/** Circles in a relation among names: the shortest through each. */

export type Graph = ReadonlyMap<string, readonly string[]>;

export function graphOf(edges: Iterable<readonly [from: string, to: string]>): Graph {
  const graph = new Map<string, string[]>();
  for (const [from, to] of edges) {
    const targets = graph.get(from);
    if (targets) targets.push(to);
    else graph.set(from, [to]);
  }
  return graph;
}

/**
 * The shortest way from a name back to itself, both ends included; null where there is none. Made once for a graph, whose names are numbered:
 * asking for every name of a large chart in turn costs little then, and nothing for a name that no circle can pass.
 */
export function circlesOf(graph: Graph): (start: string) => string[] | null {
  const names = [...new Set([...graph.keys(), ...[...graph.values()].flat()])];
  const numbers = new Map(names.map((name, number) => [name, number]));
  const next = withinCircles(names.map((name) => (graph.get(name) ?? []).map((to) => numbers.get(to) ?? 0)));
  const before = new Int32Array(names.length);
  const seen = new Int32Array(names.length);
  let asked = 0;
  return (start) => {
    const first = numbers.get(start) ?? names.length;
    asked += 1;
    const open = [first];
    for (const from of open) {
      for (const to of next[from] ?? []) {
        if (to === first) return unwind(before, first, from).map((number) => names[number] ?? "");
        if (seen[to] === asked) continue;
        seen[to] = asked;
        before[to] = from;
        open.push(to);
      }
    }
    return null;
  };
}

function unwind(before: Int32Array, first: number, last: number): number[] {
  const path = [first];
  for (let number = last; number !== first; number = before[number] ?? first) path.unshift(number);
  return [first, ...path];
}

/** Without what only leads out of circles or into them: in a chart that is a tree, nothing is left. */
function withinCircles(next: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const back: number[][] = next.map(() => []);
  for (const [from, targets] of next.entries()) for (const to of targets) back[to]?.push(from);
  const out = new Set([...endingIn(next, back), ...endingIn(back, next)]);
  return next.map((targets, number) => (out.has(number) ? [] : targets.filter((to) => !out.has(to))));
}

/** From which every way ends. */
function endingIn(next: readonly (readonly number[])[], back: readonly (readonly number[])[]): readonly number[] {
  const ways = Int32Array.from(next, (targets) => targets.length);
  const ending = [...ways.keys()].filter((number) => ways[number] === 0);
  for (const number of ending) {
    for (const from of back[number] ?? []) {
      ways[from] = (ways[from] ?? 0) - 1;
      if (ways[from] === 0) ending.push(from);
    }
  }
  return ending;
}
