/** The page's files, as the build made them: compressed beforehand, named by their content, kept in memory. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CadreError } from "../errors.ts";

/** What the build wrote beside the files. */
export type WebManifest = {
  readonly script: string;
  readonly style: string;
  readonly worker: string;
  readonly icon: string;
};

export interface Assets {
  readonly manifest: WebManifest;
  /** Uncompressed. */
  read(name: string): Uint8Array<ArrayBuffer>;
  /** As a browser takes it that accepts these encodings; undefined: there is no such file. */
  serve(name: string, accepts: string): Served | undefined;
}

export type Served = {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly encoding: "br" | "gzip" | null;
};

const types: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** Errors: file-unreadable, where the page was not built. */
export function openAssets(folder: string): Assets {
  const manifestFile = join(folder, "manifest.json");
  if (!existsSync(manifestFile))
    throw new CadreError("file-unreadable", `the page was not built: ${manifestFile} is not there`, {
      hint: "In a checkout: npm run build",
    });
  const manifest = JSON.parse(readFileSync(manifestFile, "utf8")) as WebManifest;
  const known = new Set(Object.values(manifest));
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  const read = (name: string): Uint8Array<ArrayBuffer> => {
    const before = held.get(name);
    if (before) return before;
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    held.set(name, bytes);
    return bytes;
  };
  return {
    manifest,
    read,
    serve: (name, accepts) => {
      const type = types[name.slice(name.lastIndexOf(".") + 1)];
      if (!known.has(name) || type === undefined) return undefined;
      if (/\bbr\b/.test(accepts)) return { body: read(`${name}.br`), type, encoding: "br" };
      if (/\bgzip\b/.test(accepts)) return { body: read(`${name}.gz`), type, encoding: "gzip" };
      return { body: read(name), type, encoding: null };
    },
  };
}
