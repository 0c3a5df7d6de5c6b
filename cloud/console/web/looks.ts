// How the page looks: dark unless the engineer chose another look, and kept in
// this browser.

import { keep, kept } from "./kept";
import type { Key } from "./strings";

export type Look = "dark" | "light" | "system" | "contrast";

/** The choices, in the order they are offered. */
export const looks: readonly [Look, Key][] = [["dark", "lookDark"], ["light", "lookLight"], ["contrast", "lookContrast"], ["system", "lookSystem"]];

export const remembered = "console.look";

export function chosen(): Look {
  const said = kept(remembered);
  return looks.find(([look]) => look === said)?.[0] ?? "dark";
}

export function choose(look: Look): void {
  keep(remembered, look);
  apply();
}

/** Gives the look to the document, and to what the browser draws before it. */
export function apply(): void {
  const look = chosen();
  document.documentElement.dataset.look = look;
  document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", look === "system" ? "light dark" : look === "light" ? "light" : "dark");
}

const signed = "console.signed";

/** Whether somebody is signed in, as far as this browser knows: the page keeps a
 * place for who it is while it asks. */
export function remember(on: boolean): void { keep(signed, on ? "yes" : ""); }

export function expect(): void { document.documentElement.toggleAttribute("data-signed", kept(signed) !== ""); }
