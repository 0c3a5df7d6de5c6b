// Keys that never reach the page: the browser or the engineer's own desktop
// keeps them. From here they go to the host, which judges them as any other.

import { h } from "./dom";
import { Menu } from "./menu";
import { Key, t } from "./strings";

type Stroke = [code: string, key: string];
const control: Stroke = ["ControlLeft", "Control"], alt: Stroke = ["AltLeft", "Alt"], shift: Stroke = ["ShiftLeft", "Shift"];

const sendable: [Key, Stroke[]][] = [
  ["keyWin", [["MetaLeft", "Meta"]]],
  ["keyAltTab", [alt, ["Tab", "Tab"]]],
  ["keyAltF4", [alt, ["F4", "F4"]]],
  ["keyTasks", [control, shift, ["Escape", "Escape"]]],
  ["keyCtrlW", [control, ["KeyW", "w"]]],
  ["keyF11", [["F11", "F11"]]],
];

/** Not for the engineer, and why. */
const kept: [Key, Key][] = [["keySecure", "keySecureNote"], ["keyPrint", "keyPrintNote"]];

export function sendKeys(press: (strokes: Stroke[]) => void, closed: () => void): Menu {
  const menu: Menu = new Menu("send-keys", "keyboard", t("sendKeys"), closed,
    h("div", { class: "menu-keys" }, ...sendable.map(([name, strokes]) =>
      h("button", { class: "menu-item", type: "button", "data-keys": strokes.map(([code]) => code).join("+"), click: () => {
        menu.close();
        press(strokes);
      } }, h("kbd", {}, t(name))))),
    ...kept.map(([name, note]) => h("p", { class: "menu-note" }, h("kbd", {}, t(name)), " ", t(note))));
  return menu;
}
