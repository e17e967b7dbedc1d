/**
 * The thread that hashes passwords from networks their accounts have not used. The system runs it after everything else
 * that wants a core: a flood of such logins takes from the machine what nobody else needs.
 */
import { setPriority } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { verifyPasswordHashHere } from "#identity/password-hash.ts";
import { rpcServer } from "#platform/threads/rpc.ts";

/** A tenth of what other threads get where they leave no core idle (Linux: nice). */
const NICE = 10;
/** To Linux 0 is the thread that asks; to others it is the whole process. */
const THIS_THREAD = 0;

if (process.platform === "linux") setPriority(THIS_THREAD, NICE);
rpcServer((workerData as { readonly port: MessagePort }).port, async (_method, [phc, forms]) =>
  verifyPasswordHashHere(phc as string, forms as readonly string[]),
);
parentPort?.postMessage("ready");
