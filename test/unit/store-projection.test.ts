import { describe, expect, it } from "vitest";
import { project } from "../../src/store/projection.ts";
import { decision, ended, note, raised, withdrawn } from "../contract/store-fixtures.ts";

const at = raised(0).at;

describe("projection", () => {
  it("D2 says what each event changes in the rows", () => {
    const ask = raised(0).ask;
    expect(project(raised(0))).toEqual({ type: "ask_opened", ask, hash: "h0" });
    expect(project({ type: "ask_decided", at, ask, decision: decision("ana") })).toEqual({
      type: "ask_decided",
      ask,
      decision: decision("ana"),
    });
    expect(project(withdrawn("stopped"))).toEqual({ type: "ask_withdrawn", ask });
    expect(project({ type: "limit_raised", at, ask, limit: "steps", from: 1, to: 2, by: "ana" })).toEqual({
      type: "limit_set",
      limit: "steps",
      ceiling: 2,
    });
    expect(project({ type: "chart_adopted", at, ask, from: "c1", to: "c2", by: "ana" })).toEqual({
      type: "chart_set",
      chart: "c2",
    });
    expect(project(ended("stopped"))).toEqual({ type: "run_ended", status: "stopped", at, reason: "all done" });
  });

  it("most events change no row", () => {
    expect(project(note("x"))).toBeUndefined();
  });
});
