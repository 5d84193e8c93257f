/** Arguments and options that several commands have, in commander's notation and with what they mean. */

type Described = readonly [string, string];

export const anyRun: Described = ["[run]", "a run, one of its asks, @latest or @waiting"];
export const oneRun: Described = ["<run>", "a run, one of its asks, @latest or @waiting"];
export const oneAsk: Described = ["<ask>", "an ask, or a run with one open ask, or @waiting"];
export const as: Described = ["--as <name>", "who decides (default: your user name); recorded, not proven"];
export const onAsk: Described = ["--on-ask <what>", "at an ask: prompt (a terminal's default), exit with 8, or fail"];
export const seen: Described = ["--hash <sha256>", "decide only if this is still what the ask shows"];
export const answers: Described = ["--answers <file>", "decisions written beforehand, by role and topic"];
