/**
 * File contents by sha256, shared by all runs: what a workspace's files were when it was made, for diffs, and what effects made of them,
 * for runs that go on from there. A content that is damaged or missing is as good as absent: it is checked whenever it is read.
 */
import fs from "node:fs";
import { sha256 } from "../../canonical.ts";
import { makeFolder } from "../../store/make-folder.ts";
import { codeOf } from "../safe-files.ts";
import { temporaryName } from "../write-whole.ts";

/** Larger files are not diffed. */
export const keptBytes = 4 * 1024 * 1024;

export type ContentStore = {
  /** Keeps the content unless it is there already or larger than `keptBytes`. */
  put(hash: string, bytes: Uint8Array): void;
  /** Keeps it whatever its size; `bytes` is asked for only where it is not there already. */
  keep(hash: string, size: number, bytes: () => Uint8Array): void;
  get(hash: string): Buffer | undefined;
};

export function openContentStore(folder: string): ContentStore {
  const placeOf = (hash: string): string => `${folder}/${hash.slice(0, 2)}/${hash.slice(2)}`;
  const keep: ContentStore["keep"] = (hash, size, bytes) => {
    const place = placeOf(hash);
    if (fs.statSync(place, { throwIfNoEntry: false })?.size === size) return;
    makeFolder(`${folder}/${hash.slice(0, 2)}`);
    const temporary = `${folder}/${hash.slice(0, 2)}/${temporaryName()}`;
    try {
      fs.writeFileSync(temporary, bytes(), { flag: "wx", mode: 0o600 });
      fs.renameSync(temporary, place);
    } catch (error) {
      fs.rmSync(temporary, { force: true }); // a full disk is not to be kept full by what did not fit
      throw error;
    }
  };
  return {
    keep,
    put: (hash, bytes) => {
      if (bytes.length <= keptBytes) keep(hash, bytes.length, () => bytes);
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
