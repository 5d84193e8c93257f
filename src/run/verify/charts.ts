/** D9: a chart that a run goes by is the one whose hash the run names. Its text is hashed again, once, however many runs go by it. */
import { canonicalJson, hashOf } from "../../canonical.ts";
import { bindChart } from "../../org/bind.ts";
import type { BoundChart } from "../../org/bound-chart.ts";
import { damage } from "../../store/verify-chain.ts";
import type { Store } from "../../store/ports.ts";

/** A chart that is what its hash says, or what is wrong with it. */
export type CheckedChart = { readonly bound: BoundChart } | { readonly wrong: string };

export type Charts = (hash: string) => Promise<CheckedChart>;

export function checkedCharts(store: Pick<Store, "chartText">): Charts {
  const known = new Map<string, Promise<CheckedChart>>();
  return (hash) => {
    const checked = known.get(hash) ?? check(store, hash);
    known.set(hash, checked);
    return checked;
  };
}

async function check(store: Pick<Store, "chartText">, hash: string): Promise<CheckedChart> {
  try {
    const text = await store.chartText(hash);
    if (text === undefined) return { wrong: "the store does not hold it" };
    const bound = JSON.parse(text) as BoundChart;
    const { hash: own, roles, routes } = bound.chart;
    const same = own === hashOf({ roles, routes }) && canonicalJson({ ...bindChart(bound), hash }) === text;
    return same && bindChart(bound).hash === hash ? { bound } : { wrong: "its text is not what its hash says" };
  } catch (error) {
    const what = damage(error);
    if (what === null) throw error;
    return { wrong: `it cannot be read: ${what}` };
  }
}
