import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ownerState, parseStat, thisOwner } from "../../src/store/owner.ts";
import type { Owner } from "../../src/store/rows.ts";

const linux = process.platform === "linux";

describe("owner", () => {
  it("D4 this process is alive, and names its pid and host", () => {
    expect(thisOwner()).toMatchObject({ pid: process.pid });
    expect(thisOwner()).toEqual(thisOwner());
    expect(ownerState(thisOwner())).toBe("alive");
  });

  it("D4 on another host or after another boot nothing is known", () => {
    expect(ownerState({ ...thisOwner(), host: "elsewhere.example" })).toBe("elsewhere");
    expect(ownerState({ ...thisOwner(), boot: "another" })).toBe("elsewhere");
  });

  it("D4 an ended process is dead", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    const owner = { ...thisOwner(), pid: child.pid ?? 0, start: "" };
    await once(child, "close");
    expect(ownerState(owner)).toBe("dead");
  });

  it("D4 a pid that makes no sense is dead, never a signal to a group", () => {
    for (const pid of [0, -1, 1.5, Number.NaN]) expect(ownerState({ ...thisOwner(), pid })).toBe("dead");
  });

  it.runIf(linux)("D4 a pid that someone else got since is dead", () => {
    expect(ownerState({ ...thisOwner(), start: "1" })).toBe("dead");
  });

  it.runIf(linux)("D4 a killed process that nobody has reaped yet is dead", async () => {
    // The shell's child is killed and stays a zombie while the shell, replaced by `sleep`, does not wait for it.
    const shell = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
    const [pid] = (await once(shell.stdout.setEncoding("utf8"), "data")) as [string];
    const owner: Owner = {
      ...thisOwner(),
      pid: Number(pid),
      start: parseStat(readFileSync(`/proc/${Number(pid)}/stat`, "utf8")).start,
    };
    expect(ownerState(owner)).toBe("alive");
    // Before it has become `sleep`, the shell would reap the child.
    const comm = (): string => readFileSync(`/proc/${shell.pid}/comm`, "utf8").trim();
    await expect.poll(comm).toBe("sleep");
    process.kill(owner.pid, "SIGKILL");
    await expect.poll(() => parseStat(readFileSync(`/proc/${owner.pid}/stat`, "utf8")).state).toBe("Z");
    expect(ownerState(owner)).toBe("dead");
    shell.kill("SIGKILL");
    await once(shell, "close");
  });

  it("reads state and start time behind a name that holds spaces and parentheses", () => {
    const fields = Array.from({ length: 19 }, (_, index) => String(index + 4));
    expect(parseStat(`42 (a) S (b) ) R ${fields.join(" ")}\n`)).toEqual({ state: "R", start: "22" });
    expect(parseStat("")).toEqual({ state: "", start: "" });
  });
});
