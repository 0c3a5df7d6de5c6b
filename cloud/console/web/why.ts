// Why there is no picture, and what the hands on it do, in plain words.

import type { Standing } from "./capability";
import { Key, known, t } from "./strings";

export interface Picture {
  /** What the host said of its screen last: "on", "off", "locked", … */
  screen: string;
  drawn: boolean;
}

interface Why { title: string; text: string; icon: string }

const screens: Record<string, [title: Key, text: Key, icon: string]> = {
  masked: ["screenMasked", "screenMaskedText", "mask"],
  answering: ["screenAnswering", "screenAnsweringText", "shield"],
  "secure-desktop": ["screenSecure", "screenSecureText", "shield"],
  "no-helper": ["screenHelper", "screenHelperText", "screen"],
  off: ["screenOff", "screenOffText", "screen"],
};

export function whyBlack(p: Picture, view: Standing, says: string): Why {
  if (p.screen === "locked") return { title: t("screenLocked"), text: t("screenLockedText"), icon: "lock" };
  switch (view) {
    case "granted": {
      const entry = known(screens, p.screen);
      if (entry) return { title: t(entry[0]), text: t(entry[1]), icon: entry[2] };
      return p.drawn ? { title: "", text: "", icon: "screen" } : { title: t("firstPicture"), text: "", icon: "screen" };
    }
    case "asked":
      return { title: t("askedView"), text: t("askedViewText"), icon: "eye" };
  }
  return { title: t("noView"), text: says ? `${says}.` : t("noViewText"), icon: "eye" };
}

interface Hands { lost: boolean; points: boolean; steers: boolean; paused: boolean; active: boolean; full: boolean; drawn: boolean; size: { width: number; height: number } }

/** What the row above the picture says, and in which tone. */
export function bannerText(b: Hands): [kind: string, text: string] {
  if (b.lost) return ["attention", t("lostTitle")];
  if (b.points) return ["session", t("pointHint")];
  if (b.paused && b.steers) return ["attention", `${t("pausedTitle")}. ${t("pausedText")}`];
  if (b.steers && b.active) return ["session", t(b.full ? "capturingFull" : "capturing")];
  if (b.steers) return ["note", t("controlHint")];
  return ["", b.drawn ? `${b.size.width} × ${b.size.height}. ${t("maskNote")}` : ""];
}
