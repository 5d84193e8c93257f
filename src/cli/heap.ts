/**
 * Keeps the heap of a process that is cadre's own close to what is in use, over a batch of a million items too. V8 has no setting for that in
 * a process that runs, and a command cannot choose the flags that it is started with.
 *
 * H1. The space for young objects grows no more once it has 16 MB. V8 doubles it each time that so much has outlived a collection, up to
 *     128 MB, and gives it back only to a program that hardly works.
 * H2. What grew old and is in use no more is collected once it may be 16 MB, and half as much as was in use: V8 waits for several times that.
 */
import v8 from "node:v8";
import vm from "node:vm";

const mega = 1024 * 1024;
/** H1. Both halves: smaller, and calls that are under way outlive two collections and grow old; larger brings no speed. */
const enoughYoung = 16 * mega;
/** H2. */
const enoughOld = 16 * mega;
const lookMs = 100;

/** Looks ten times a second, for as long as something else keeps the process. */
export function keepHeapSmall(): void {
  let grows = true;
  let inUse = Infinity;
  const look = (): void => {
    const { young, old } = spaces();
    if (grows && young >= enoughYoung) {
      // Node advises care with flags that change in a process that runs; this one is read only where V8 is about to grow that space.
      v8.setFlagsFromString("--semi-space-growth-factor=1");
      grows = false;
    }
    inUse = Math.min(inUse, old); // V8 may have collected by itself
    if (old - inUse < Math.max(enoughOld, inUse / 2)) return;
    collect();
    inUse = spaces().old;
  };
  setInterval(look, lookMs).unref();
  look();
}

/** Bytes: of the space for young objects as it is, and of old objects that have not been collected. */
function spaces(): { readonly young: number; readonly old: number } {
  const sizes = new Map(v8.getHeapSpaceStatistics().map((space) => [space.space_name, space]));
  return { young: sizes.get("new_space")?.space_size ?? 0, old: sizes.get("old_space")?.space_used_size ?? 0 };
}

/** The function is in a context of its own, where nobody else finds it. */
function collect(): void {
  v8.setFlagsFromString("--expose-gc");
  (vm.runInNewContext("gc") as () => void)();
  v8.setFlagsFromString("--no-expose-gc");
}
