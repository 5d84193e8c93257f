/**
 * File contents by sha256, shared by all runs: what a workspace's files were when it was made, for diffs. A content that is
 * damaged or missing is as good as absent: it is checked whenever it is read.
 */
import fs from "node:fs";
import { sha256 } from "../canonical.ts";
import { makeFolder } from "../store/make-folder.ts";
import { codeOf } from "./safe-files.ts";
import { temporaryName } from "./write-whole.ts";

/** Larger files are not diffed. */
export const keptBytes = 4 * 1024 * 1024;

export type ContentStore = {
  /** Keeps the content unless it is there already or larger than `keptBytes`. */
  put(hash: string, bytes: Uint8Array): void;
  get(hash: string): Buffer | undefined;
};

export function openContentStore(folder: string): ContentStore {
  const placeOf = (hash: string): string => `${folder}/${hash.slice(0, 2)}/${hash.slice(2)}`;
  return {
    put: (hash, bytes) => {
      const place = placeOf(hash);
      if (bytes.length > keptBytes || fs.statSync(place, { throwIfNoEntry: false })?.size === bytes.length) return;
      makeFolder(`${folder}/${hash.slice(0, 2)}`);
      const temporary = `${folder}/${hash.slice(0, 2)}/${temporaryName()}`;
      fs.writeFileSync(temporary, bytes, { flag: "wx", mode: 0o600 });
      fs.renameSync(temporary, place);
    },
    get: (hash) => {
      try {
        const bytes = fs.readFileSync(placeOf(hash));
        return sha256(bytes) === hash ? bytes : undefined;
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
      }
    },
  };
}
