// The page's side of its worker.

import type { FromWorker, ToWorker } from "./wire";

interface Policy { createScriptURL(url: string): unknown }
interface TrustedTypes { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy }

const workerURL = "/assets/worker.js";

/** Starts the worker; the page's policy lets it load this one script only. */
export function startWorker(mode: "hosted" | "desk", onMessage: (m: FromWorker) => void): (m: ToWorker) => void {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const rules = {
    createScriptURL(url: string): string {
      if (url !== workerURL) throw new TypeError("not our worker");
      return url;
    },
  };
  const url = types ? types.createPolicy("console", rules).createScriptURL(workerURL) : workerURL;
  const worker = new Worker(url as string, { name: "channel" });
  const heard = (m: FromWorker): void => {
    if (m.is === "broken") worker.terminate(); // it carries nothing any more
    onMessage(m);
  };
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => heard(data);
  worker.onerror = (e) => heard({ is: "broken", why: e.message });
  const tell = (m: ToWorker): void => worker.postMessage(m, m.do === "seen" && m.spare ? [m.spare] : []);
  tell({ do: "start", mode });
  return tell;
}
