import { describe, expect, test } from "vitest";
import { mend, mendLevel } from "../../src/cli/mend.ts";

describe("lint --fix", () => {
  test.each([
    ["37-worker-ai-ml", "037-worker-ai-ml"],
    ["021 Lead Backend", "021-lead-backend"],
    ["037_worker_ai-ml", "037-worker-ai-ml"],
    ["worker-ai-ml", "030-worker-ai-ml"],
    ["Lead-backend", "020-lead-backend"],
  ])("the level %s is spelled %s", (from, to) => {
    expect(mendLevel(from)).toBe(to);
  });

  test.each(["037-worker-ai-ml", "010-director", "", "boss", "99-boss", "1", "012-worker"])(
    "the level %j is left as it is: it is right, or nothing tells what was meant",
    (level) => {
      expect(mendLevel(level)).toBeNull();
    },
  );

  test("only the level's own line changes, and its comment stays", () => {
    const text = "---\nslug: a\nlevel: 37-worker-ai # rank\n---\nlevel: 37-worker-ai\n";
    expect(mend(text)).toEqual({
      text: "---\nslug: a\nlevel: 037-worker-ai # rank\n---\nlevel: 37-worker-ai\n",
      letters: 0,
      level: { from: "37-worker-ai", to: "037-worker-ai" },
    });
  });

  test("garbled letters are mended, and a second pass finds nothing", () => {
    const once = mend("---\nname: ðŸ¤— Specialist\nlevel: 037-worker\n---\n");
    expect(once.text).toContain("name: 🤗 Specialist");
    expect(mend(once.text)).toEqual({ text: once.text, letters: 0, level: null });
  });

  test("a text without front matter keeps every level in it", () => {
    const text = "level: 37-worker-ai\n";
    expect(mend(text).text).toBe(text);
  });
});
