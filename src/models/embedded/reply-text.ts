/**
 * What of a model's words may be passed on while they come: thoughts are left out, a stop ends them, and a call begins where its
 * prefix stands. Text that may yet turn out to be the beginning of such a mark is held back until it is clear.
 */
export type ReplyMarks = {
  readonly call: string | null;
  readonly thought: { readonly from: string; readonly to: string } | null;
  readonly stops: readonly string[];
};

export type Heard = { readonly text: string; readonly next: "go on" | "call" | "stop" };

export interface ReplyText {
  add(piece: string): Heard;
  /** What was held back, once nothing more comes. */
  rest(): string;
}

export function replyText(marks: ReplyMarks): ReplyText {
  let held = "";
  let thinking = false;
  let spoken = false;
  const nextMark = (): { mark: string; at: number; next: "call" | "stop" | "think" | "speak" } | null => {
    const { call, thought, stops } = marks;
    const wanted = thinking
      ? [{ mark: thought?.to ?? "", next: "speak" as const }]
      : [
          ...(call === null ? [] : [{ mark: call, next: "call" as const }]),
          ...(thought === null ? [] : [{ mark: thought.from, next: "think" as const }]),
          ...stops.map((mark) => ({ mark, next: "stop" as const })),
        ];
    const found = wanted.map((each) => ({ ...each, at: each.mark === "" ? -1 : held.indexOf(each.mark) }));
    return found.filter(({ at }) => at >= 0).toSorted((a, b) => a.at - b.at)[0] ?? null;
  };
  /** Nothing before the first word: what stands between a thought and the reply is no part of either. */
  const shown = (text: string): string => {
    const said = spoken ? text : text.trimStart();
    spoken ||= said !== "";
    return said;
  };
  return {
    add: (piece) => {
      held += piece;
      let text = "";
      for (let found = nextMark(); found !== null; found = nextMark()) {
        if (!thinking) text += held.slice(0, found.at);
        held = held.slice(found.at + found.mark.length);
        if (found.next === "call" || found.next === "stop") return { text: shown(text), next: found.next };
        thinking = found.next === "think";
      }
      const keep = heldBack(
        held,
        thinking ? [marks.thought?.to ?? ""] : [marks.call, marks.thought?.from, ...marks.stops],
      );
      if (!thinking) text += held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text: shown(text), next: "go on" };
    },
    rest: () => {
      const text = thinking ? "" : shown(held);
      held = "";
      return text;
    },
  };
}

/** How many of the last characters may be the beginning of a mark. */
function heldBack(text: string, marks: readonly (string | null | undefined)[]): number {
  const longest = Math.max(0, ...marks.map((mark) => (mark ?? "").length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(text.length - length);
    if (marks.some((mark) => mark?.startsWith(end))) return length;
  }
  return 0;
}
