// The keyboard's place in a list whose rows are made anew while somebody is in it.

/** What a row is known by. */
const rows = "[data-id], [data-seq]";

function name(row: HTMLElement): string { return row.dataset.id ?? row.dataset.seq ?? ""; }

/** Which control of its row an element is: the how manieth that can have the focus. */
function controls(row: HTMLElement): HTMLElement[] {
  return [...row.querySelectorAll<HTMLElement>("summary, button, a[href], input, select, textarea")];
}

/** Runs draw, which changes what is in list. The focus stays on the same control
 * of the same row; where that row is gone, on the one that took its place, and
 * where none is left, on rest. */
export function keepFocus(list: HTMLElement, rest: HTMLElement, draw: () => void): void {
  const at = document.activeElement as HTMLElement | null;
  if (!at || at === list || !list.contains(at)) return draw();
  const row = at.closest<HTMLElement>(rows), id = row ? name(row) : "";
  const place = row ? [...list.querySelectorAll<HTMLElement>(rows)].indexOf(row) : 0;
  const which = row ? controls(row).indexOf(at) : 0, kind = at.className;
  draw();
  if (at.isConnected) {
    if (document.activeElement !== at) at.focus({ preventScroll: true }); // it was moved
    return;
  }
  const now = [...list.querySelectorAll<HTMLElement>(rows)];
  const same = row && now.find((r) => name(r) === id), next = same ?? now[Math.min(Math.max(place, 0), now.length - 1)];
  const choice = next ? controls(next) : [];
  (choice.find((c) => c.className === kind) ?? choice[which] ?? choice[0] ?? rest).focus({ preventScroll: true });
}

/** Lets a heading take the focus, for a page that has just been opened. */
export function focusHeading(root: HTMLElement): void {
  const heading = root.querySelector<HTMLElement>("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}
