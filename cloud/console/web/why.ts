// Why there is no picture, in plain words and with what can be done about it.

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
