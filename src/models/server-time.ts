/** How long a server took for an answer, by what the answer itself says. */
import { askedAtHeader } from "./transport.ts";

export type TimedAnswer = {
  readonly fetch: typeof fetch;
  /** In ms, once the answer is read; null where it cannot be told. */
  serverMs(): number | null;
};

/** The transport for one call, which remembers what the answer's headers say. */
export function timedAnswer(transport: typeof fetch): TimedAnswer {
  let headers = new Headers();
  return {
    fetch: async (input, init) => {
      const response = await transport(input, init);
      ({ headers } = response);
      return response;
    },
    serverMs: () => {
      const counted = Number(headers.get("x-compute-time") ?? Number.NaN); // in seconds
      if (Number.isFinite(counted) && counted >= 0) return Math.round(counted * 1000);
      const askedAt = Number(headers.get(askedAtHeader) ?? Number.NaN);
      return Number.isFinite(askedAt) ? Math.max(0, Math.round(performance.now() - askedAt)) : null;
    },
  };
}
