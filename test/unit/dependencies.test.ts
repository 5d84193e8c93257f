/** RELIABILITY 40: installing runs no script but those that are allowed by name, and each package is the one that was locked. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

type Locked = {
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
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

/** npm says so too, but only to whoever installs from nothing: where the packages lie already, nobody asks it. */
test("row 40 every package that another one names is locked, so that a first npm ci goes through", () => {
  const above = (path: string): string[] => {
    const cut = path.lastIndexOf("/node_modules/");
    return path === "" ? [""] : [path, ...above(cut < 0 ? "" : path.slice(0, cut))];
  };
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !above(path).some((at) => packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`]))
      .map((name) => `${path} names ${name}`),
  );
  expect(missing).toEqual([]);
});
