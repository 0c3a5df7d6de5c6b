// The keys of every page but a session: a single key each, which can be
// switched off, and none of them while something is typed.

import { Place, places } from "./header";
import { singleKeys } from "./shortcuts";

export interface PageKeys {
  go(place: Place): void;
  help(): void;
  search(): void;
  back(): void;
}

const fields = "input, textarea, select, [contenteditable]";

/** Carries out what a key means; true when it meant something. */
export function pageKey(e: KeyboardEvent, port: PageKeys): boolean {
  if (e.defaultPrevented || e.isComposing || e.repeat || e.metaKey || document.querySelector("dialog[open]")) return false;
  if (e.ctrlKey && e.altKey) return e.code === "KeyH" && !e.getModifierState("AltGraph") ? (port.help(), true) : false;
  if (e.ctrlKey || e.altKey) return false;
  const target = e.target as Element;
  if (e.key === "Escape") {
    if (target instanceof HTMLSelectElement) return false; // it closes its own list
    return port.back(), true;
  }
  if (!singleKeys() || target.closest(fields)) return false;
  if (e.key === "?") return port.help(), true;
  if (e.key === "/") return port.search(), true;
  const place = /^[1-9]$/.test(e.key) ? places[Number(e.key) - 1] : undefined;
  return place && !document.getElementById(place[0])?.hidden ? (port.go(place[1]), true) : false;
}
