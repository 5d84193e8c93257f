/** RELIABILITY 40: installing runs no script but those that are allowed by name, and each package is the one that was locked. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

type Locked = {
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
};
type Manifest = {
  readonly scripts: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
};

const read = (file: string): unknown =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8"));
const manifest = read("package.json") as Manifest;
const { packages } = read("package-lock.json") as { readonly packages: Readonly<Record<string, Locked>> };
const locked = Object.entries(packages).filter(([path]) => path !== "");

test("row 40 no package runs a script when it is installed, but those that are allowed by name", () => {
  const decided = new Set(Object.keys(manifest.allowScripts));
  const running = locked
    .filter(([, each]) => each.hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
  expect(running.filter((name) => !decided.has(name))).toEqual([]);
  expect(Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name])).toEqual(["node"]);
});

test("row 40 whoever installs this package runs no script of it", () => {
  expect(Object.keys(manifest.scripts).filter((name) => /^(?:pre|post)?install$/.test(name))).toEqual([]);
});

test("row 40 each package is locked to its bytes", () => {
  const open = locked.filter(([, each]) => !each.link && !each.inBundle && !each.integrity?.startsWith("sha512-"));
  expect(open.map(([path]) => path)).toEqual([]);
});
