/** For commands that wait for somebody else: a server that starts, a zone that is spread. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
