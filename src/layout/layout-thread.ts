/** Lays graphs out in a thread of its own: ELK computes for seconds where a graph is dense, and holds up nobody there. */
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { ElkNode } from "elkjs/lib/elk-api.js";

export type Job = { readonly n: number; readonly graph: ElkNode };
/** `n: 0`: the thread is ready. */
export type Done = { readonly n: number; readonly graph: ElkNode | null };

type Elk = new (options: { workerFactory: () => unknown }) => { layout(graph: ElkNode): Promise<ElkNode> };

/** Tells this module's own thread from any other that a program may run it in. */
const marker = "cadre.layout";

export function startLayoutThread(): Worker {
  return new Worker(new URL(import.meta.url), { workerData: { [marker]: true } });
}

async function serveJobs(port: NonNullable<typeof parentPort>): Promise<void> {
  // Not the package's own entry: that one looks for a package that is not there, to start a thread of its own inside this one.
  const [api, engine] = await Promise.all([
    import("elkjs/lib/elk-api.js"),
    import("elkjs/lib/elk-worker.min.js") as Promise<unknown>,
  ]);
  const Elk = constructorIn(api);
  const { Worker: Engine } = defaultOf(engine) as { Worker: new () => unknown };
  const elk = new Elk({ workerFactory: () => new Engine() });
  // What it loads is large: whoever waits for a layout does not wait for that as well.
  port.postMessage({ n: 0, graph: null } satisfies Done);
  port.on("message", ({ n, graph }: Job) => {
    const say = (done: Done): void => port.postMessage(done);
    elk.layout(graph).then(
      (laidOut) => say({ n, graph: laidOut }),
      () => say({ n, graph: null }),
    );
  });
}

/** CommonJS: Node gives what it exports as `default`, and so does the bundle. */
function defaultOf(module: unknown): unknown {
  return (module as { readonly default: unknown }).default;
}

function constructorIn(module: unknown): Elk {
  const exported = defaultOf(module);
  return (typeof exported === "function" ? exported : defaultOf(exported)) as Elk;
}

if (parentPort && (workerData as Readonly<Record<string, unknown>> | null)?.[marker]) await serveJobs(parentPort);
