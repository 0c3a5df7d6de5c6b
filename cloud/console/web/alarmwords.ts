// What the cloud itself says of a device, in the reader's language: its code and
// figures are the cloud's, the words are these.

import type { DeviceAlarm, FeedRow, Values } from "./api";
import { plain } from "./plain";
import { Key, known, language, t } from "./strings";

const own: Record<string, Key> = {
  "CLOUD-UPLOAD-REFUSED": "cloUpload", "CLOUD-SERIAL-TWICE": "cloSerial", "CLOUD-LOG-SHRUNK": "cloShrunk", "CLOUD-LOG-FORKED": "cloForked", "CLOUD-LOG-SIGNATURE": "cloSignature",
  "CLOUD-WITNESS-BACK": "cloWitness", "CLOUD-LOG-BEGAN": "cloBegan", "CLOUD-DEVICE-COPIED": "cloCopied", "CLOUD-RESTORED-GAP": "cloGap",
};

function figure(name: string, value: string): string {
  const n = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (Number.isNaN(n)) return plain(value, 40);
  return name.endsWith("Ms") ? new Date(n).toLocaleString(language, { dateStyle: "short", timeStyle: "short", timeZone: "UTC" }) : n.toLocaleString(language);
}

function title(n: { source: string; code: string; title: string }, values: Values | undefined): string {
  const key = n.source === "cloud" ? known(own, n.code) : undefined;
  return key ? t(key, Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, figure(name, value)]))) : n.title || n.code;
}

/** An alarm's title: a device's as the device says it. */
export function alarmTitle(n: DeviceAlarm): string { return title(n, n.values); }
export function rowTitle(r: FeedRow): string { return title(r.notification, r.values); }
