import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/command-table.ts";
import { spellingFor } from "../../src/cli/context.ts";
import { respell } from "../../src/cli/respell.ts";

const elsewhere = spellingFor({ dir: "my team", data: "/srv/data" });
const places = "npx cadre --dir 'my team' --data /srv/data ";

describe("commands in a sentence", () => {
  test.each([
    ["`cadre lint` shows all of them.", "lint` shows"],
    ["See what waits: cadre show r-d4fd9b", "show r-d4fd9b"],
    ["Try: cadre approve a-570954-1-14", "approve a-570954-1-14"],
    ["cadre inbox lists them.", "inbox lists"],
    ["`npx cadre runs` lists the runs", "runs` lists"],
    ["`cadre lint --fix` mends what can be mended.", "lint --fix` mends"],
  ])("S1 %s leads to the places that were given", (hint, rest) => {
    expect(respell(hint, elsewhere)).toContain(places + rest);
    expect(respell(hint, spellingFor({}))).toContain(`npx cadre ${rest}`);
  });

  test.each([
    "The history was changed outside cadre. Restore the data folder from a backup.",
    "something in cadre itself went wrong",
    "put it into /srv/cadre run by hand",
    "the package create-cadre init is another one",
    "`npx cadre run --help` says what there is",
  ])("S1 %s is no command that needs a place", (hint) => {
    expect(respell(hint, elsewhere)).toBe(hint);
  });

  test("S1 a command is respelled once, however often", () => {
    const once = respell("Go on with: cadre resume r-1, or `cadre watch`", elsewhere);
    expect(respell(once, elsewhere)).toBe(once);
    expect(once.split("npx cadre")).toHaveLength(3);
  });

  test("S1 every command of the table is known", () => {
    for (const { name } of commands) expect(respell(`cadre ${name}`, elsewhere)).toBe(places + name);
  });
});
