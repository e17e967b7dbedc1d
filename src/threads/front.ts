/** A thread that talks to clients: its own listeners on the same ports as its siblings, its own TLS contexts and memories. */
import { parentPort, workerData } from "node:worker_threads";
import type { FrontData, ThreadOrder, ThreadReport } from "./ports.ts";
import { startFront } from "./start-front.ts";

function report(message: ThreadReport): void {
  parentPort?.postMessage(message);
}

const front = await startFront(workerData as FrontData);
if (front.ok) {
  parentPort?.on("message", (order: ThreadOrder) => {
    if (order.kind === "tls-material") {
      front.value.replaceTls(order.material);
      order.applied.postMessage("applied");
    }
    if (order.kind !== "drain") return;
    void front.value.drain().then(() => parentPort?.close());
  });
  report({ kind: "ready", listening: front.value.listening });
} else {
  report({ kind: "failed", message: front.problem.endpoint, remedy: front.problem.code });
}
