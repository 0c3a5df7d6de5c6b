// Where something will stand that is still being read: its place, kept free.

import { h } from "./dom";
import { t } from "./strings";

/** As many of a kind as fit into view; said once for those who do not see it. */
export function skeleton(n: number, kind: "card" | "row"): HTMLElement[] {
  const shapes = Array.from({ length: n }, () => h("div", { class: `skeleton ${kind}`, "aria-hidden": "true" }, h("span"), h("span")));
  return [...shapes, h("p", { class: "visually-hidden", role: "status" }, t("loading"))];
}
