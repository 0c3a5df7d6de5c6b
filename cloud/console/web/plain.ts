// Names as a line shows them. What a device or a person calls itself may be
// long, and may hold marks that turn or hide what stands beside it.

/** Controls, marks of direction, what has no width, and halves of characters. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** A name of at most so many characters, each of which is seen: what would not
 * be stands as "�", and a cut as "…". */
export function plain(name: string, most = 120): string {
  const start = [...name.slice(0, 4 * most)]; // a long one is not gone through
  const cut = start.length > most || name.length > 4 * most;
  return start.slice(0, most).join("").replace(hidden, "\ufffd") + (cut ? "…" : "");
}

/** The same for a text of several lines. */
export function plainLines(text: string, most = 2000): string {
  const cut = text.length > most;
  return text.slice(0, most).split("\n").map((line) => plain(line, most)).join("\n") + (cut ? "…" : "");
}
