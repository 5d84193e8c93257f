/** How the process under test is to behave; plain data, so that it travels as an argument. */
export type ClockJumps = {
  readonly seed: number;
  /** Each look at the clock is off by one of these, in ms. */
  readonly by: readonly number[];
};

export type ChildSettings = {
  /** How long each model call takes; default: no time at all. */
  readonly modelMs?: number;
  /** This model call (1-based) says on stdout that it has begun, and takes `holdMs` (default: an hour). */
  readonly holdAt?: number;
  readonly holdMs?: number;
  /** The time of the call that is held begins with the first signal. */
  readonly holdFrom?: "a signal";
  /** The effect that cannot be probed happens, says so on stdout, and does not come back. */
  readonly holdInEffect?: true;
  readonly clock?: ClockJumps;
  /** The control of the power-loss test: a weaker promise than cadre's. */
  readonly synchronous?: "NORMAL";
  /** The database's log is carried over into its file after so many pages; as it is opened, a run of this length never gets there. */
  readonly logPages?: number;
  /** It sends itself a signal, so long after it has acknowledged this: another process would be too late on a busy machine. */
  readonly signalAt?: { readonly ack: string; readonly signal: NodeJS.Signals; readonly afterMs: number };
  /** File descriptor on which it says what was acknowledged. */
  readonly acks?: number;
};
