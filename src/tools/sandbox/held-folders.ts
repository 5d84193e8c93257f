/** Empty folders that hold a place in a workspace while commands run there: a mount needs something to lie on, and what is there cannot come into being. */
import fs from "node:fs";

export class HeldFolders {
  /** By absolute path: commands in one workspace may overlap, and the last one clears away. */
  readonly #holders = new Map<string, number>();

  /** True where the folder is held, now or already; false where something else is there. */
  hold(path: string): boolean {
    const count = this.#holders.get(path) ?? 0;
    if (count === 0) {
      if (fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined) return false;
      fs.mkdirSync(path, { mode: 0o755 });
    }
    this.#holders.set(path, count + 1);
    return true;
  }

  letGo(path: string): void {
    const left = (this.#holders.get(path) ?? 1) - 1;
    if (left > 0) {
      this.#holders.set(path, left);
      return;
    }
    this.#holders.delete(path);
    try {
      fs.rmdirSync(path);
    } catch {
      // Gone, or no longer empty: whoever guards the name looks at what is in it.
    }
  }
}
