/**
 * Milliseconds since 1970 by the wall clock of the process's beginning; from then on by one that never jumps. What lasts, and what is due,
 * goes by this: when somebody sets the wall clock, nobody is late, silent or in a cool-down because of it.
 */
export const steadyNow = (): number => performance.timeOrigin + performance.now();
