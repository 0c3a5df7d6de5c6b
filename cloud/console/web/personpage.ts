// What is kept about a person as files to hand out, in the reader's language: data
// for programs, and a page for people. The page is made of nodes, never of text
// that is read as one, and carries a policy that runs nothing.

import type { PersonData } from "./admin_api";
import { h } from "./dom";
import { partErasure, partName, partPurpose } from "./personwords";
import { language, t } from "./strings";

const style = `body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif;color:#10253d;background:#fff}h2{margin:2rem 0 .25rem}p{margin:.25rem 0}
table{width:100%;border-collapse:collapse;margin-top:.75rem}th,td{padding:.4rem .6rem;border:1px solid #c9d4df;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#f3f6fa}`;

/** Put in as text: the console's own policy is not for this page. */
const head = `<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"><style>${style}</style>`;

function at(ms: number | undefined): string {
  return ms && ms > 0 && ms <= 8.64e15 ? new Date(ms).toLocaleString(language, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" }) + " UTC" : "";
}

export function personJSON(d: PersonData): Blob {
  const said = { ...d, parts: d.parts?.map((p) => ({ ...p, purpose: partPurpose(p.name), erasure: partErasure(p.name) })) ?? null };
  return new Blob([JSON.stringify(said, null, 2)], { type: "application/json" });
}

export function personHTML(d: PersonData): Blob {
  const page = document.implementation.createHTMLDocument(t("perTitle", { subject: d.subject })), parts = d.parts ?? [];
  const column = (text: string): HTMLElement => h("th", { scope: "col" }, text);
  page.documentElement.lang = language;
  page.body.append(h("h1", {}, t("perTitle", { subject: d.subject })), h("p", {}, t("perAsOf", { time: at(d.atMs) })), ...(parts.length ? [] : [h("p", {}, t("admNothingKept"))]),
    ...parts.flatMap((p) => [h("h2", {}, partName(p.name)), h("p", {}, t("perPurpose", { purpose: partPurpose(p.name) })), h("p", {}, t("perErasure", { erasure: partErasure(p.name) })),
      h("table", {}, h("thead", {}, h("tr", {}, column(t("perRecord")), column(t("admDevice")), column(t("perTime")), column(t("perWhat")))),
        h("tbody", {}, ...(p.records ?? []).map((r) => h("tr", {}, h("td", {}, r.key), h("td", {}, r.device ?? ""), h("td", {}, at(r.atMs)), h("td", {}, ...Object.entries(r.values).map(([name, value]) => h("p", {}, `${name}: ${value}`)))))))]));
  return new Blob([`<!doctype html>${page.documentElement.outerHTML.replace("<head>", head)}`], { type: "text/html;charset=utf-8" });
}
