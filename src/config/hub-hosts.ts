/** The public Hub, and who may send its files. Apart from the schema: whoever only compares a host starts without it. */

export const publicHub = "https://huggingface.co";

/** Whether a download may be sent on to this host (B2 of `hub.ts`). */
export function isFileHost(allowed: readonly string[], url: URL): boolean {
  return allowed.some((entry) =>
    entry.startsWith("*.") ? url.host.endsWith(entry.slice(1)) : url.host === entry || url.hostname === entry,
  );
}
