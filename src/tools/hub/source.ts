/** Where the tools get the Hub from: the operator's file says whether there is one. Read when a tool is asked for, not when it is made. */
import type { Hub } from "../../models/hub/hub.ts";

export type HubSource = {
  /** Why there is no Hub, as an ending of "… is not available: "; null where there is one. */
  off(): string | null;
  /** Errors: hub-auth, config-invalid. */
  open(signal: AbortSignal): Hub;
};

/** In previews and tests: nothing outside is asked. */
export const noHub: HubSource = {
  off: () => "the Hugging Face Hub is not asked here",
  open: () => {
    throw new TypeError("there is no Hub here");
  },
};
