/** How often a process that does not move a run looks for what is new: often enough to feel live, a query of an index each time. */
export const pollMs = 150;
