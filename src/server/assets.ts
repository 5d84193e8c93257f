/** The page's files, as the build made them: compressed with gzip beforehand, named by their content, kept in memory. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
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
  readonly encoding: "gzip" | null;
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
  const packed = (name: string): Uint8Array<ArrayBuffer> => {
    const before = held.get(name);
    if (before) return before;
    const bytes = new Uint8Array(readFileSync(join(folder, `${name}.gz`)));
    held.set(name, bytes);
    return bytes;
  };
  const read = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(gunzipSync(packed(name)));
  return {
    manifest,
    read,
    serve: (name, accepts) => {
      const type = types[name.slice(name.lastIndexOf(".") + 1)];
      if (!known.has(name) || type === undefined) return undefined;
      if (/\bgzip\b/.test(accepts)) return { body: packed(name), type, encoding: "gzip" };
      return { body: read(name), type, encoding: null };
    },
  };
}
