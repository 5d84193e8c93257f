import v8 from "node:v8";

/** Both halves, in bytes: smaller, and calls that are under way outlive two collections and grow old; larger brings no speed. */
const enough = 16 * 1024 * 1024;
const lookMs = 100;

/**
 * Keeps V8's space for young objects from growing once it has 16 MB. V8 doubles it each time that so much has outlived a collection, up to
 * 128 MB, and gives it back only to a program that hardly works: a run of a million items takes all of it, whatever it holds.
 *
 * For a process that is cadre's own. Node advises care with flags that change in a process that runs; this one is read only where V8 is
 * about to grow that space. Who wants more starts Node with `--min-semi-space-size`.
 */
export function keepYoungGeneration(): void {
  const look = (): void => {
    const young = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    if ((young?.space_size ?? 0) < enough) return;
    v8.setFlagsFromString("--semi-space-growth-factor=1");
    clearInterval(timer);
  };
  const timer = setInterval(look, lookMs).unref();
  look();
}
