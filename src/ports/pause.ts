/**
 * Lets others run: resolves when whatever else waits in this thread has had its turn. Awaited between steps of work that
 * would keep the thread for longer than a few milliseconds.
 */
export type Pause = () => Promise<void>;

/** For whoever has the thread to itself. */
export const noPause: Pause = () => Promise.resolve();
