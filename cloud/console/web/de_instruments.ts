// The registry’s texts in German.

import type { instrumentsEn } from "./en_instruments";

export const instrumentsDe: Record<keyof typeof instrumentsEn, string> = {
  insTitle: "Geräte", insText: "Was in Ihren Regionen registriert ist, wo es steht und welche Version läuft.",
  insSearch: "Nach Typ, Seriennummer, ID oder Standort suchen", insRegion: "Regionen", insAnyRegion: "Alle Regionen", insSite: "Standort", insAnySite: "Alle Standorte", insNoSite: "Noch ohne Standort ({n})",
  insGroup: "Gruppe", insAnyGroup: "Alle Gruppen", insState: "Zustand", insAnyState: "Jeder Zustand", insVersion: "Versionen", insAnyVersion: "Alle Versionen", insNoVersion: "noch nicht bekannt",
  insOnline: "Verbunden ({n})", insOffline: "Getrennt ({n})", insUnconfirmed: "Nicht bestätigt ({n})", insCopied: "Kopiert ({n})", insRevoked: "Gesperrt ({n})", insRetired: "Außer Betrieb ({n})",
  insCount: "{n} von {total}", insMore: "Mehr anzeigen", insNone: "Nichts passt zu diesem Filter.", insEmpty: "In Ihren Regionen ist noch kein Gerät registriert.", insFailed: "Die Liste konnte nicht gelesen werden. Versuchen Sie es gleich noch einmal.",
  insExport: "Als CSV speichern", insChipUnconfirmed: "Nicht bestätigt", insChipRetired: "Außer Betrieb", insChipRevoked: "Gesperrt", insChipCopied: "Kopiert", insUnassigned: "Ohne Standort",
  insDetailFailed: "Dieses Gerät konnte nicht gelesen werden.", insRegistered: "Registriert", insConfirmed: "Bestätigt", insNotYet: "noch nicht", insAsked: "noch nicht, Mail gesendet {time}", insEmail: "E-Mail",
  insSince: "{version} seit {time}", insMovedTo: "Übergeben an", insGroups: "Gruppen", insMove: "Umziehen", insMoveTo: "An Standort umziehen", insNote: "Notiz", insNoteText: "Eine Notiz zu diesem Gerät", insAddNote: "Notiz hinzufügen",
  insAsk: "Mail erneut senden", insAskDone: "Die Mail ist unterwegs.", insRetire: "Außerbetriebnahme vorschlagen", insReason: "Grund, für das Protokoll", insRetireText: "Eine zweite Person mit Verwaltungsrecht muss bestätigen. Danach ist das Gerät endgültig getrennt, und seine personenbezogenen Daten werden nach der Aufbewahrungsfrist gelöscht.",
  insRetireDone: "Vorgeschlagen. Eine zweite Person mit Verwaltungsrecht muss bestätigen.", insDone: "Gespeichert.",
  insHistory: "Verlauf", insIdentity: "Identität", insSessions: "Support-Sitzungen", insNothing: "Noch nichts.", insLines: "Einträge: {n}",
  hisSite: "Von {from} nach {to} umgezogen", hisGroupIn: "In die Gruppe {to} aufgenommen", hisGroupOut: "Aus der Gruppe {from} entfernt", hisRegion: "Region von {from} zu {to} geändert", hisVersion: "Auf Version {to}", hisConfirmed: "Registrierung bestätigt",
  hisRetired: "Außer Betrieb genommen", hisMoved: "Übergeben an {to}", hisErased: "Personenbezogene Daten gelöscht", hisKey: "Token-Schlüssel ersetzt", hisNobody: "ohne Standort",
  k6: "6",
  idRegistered: "Angemeldet", idUpdated: "Erneut registriert", idCopied: "Auf zwei PCs gesehen", idRevoked: "Identität gesperrt", idRestored: "Wieder zugelassen", idReplaced: "Ersetzt durch {to}", idLog: "Ein neues Protokoll begann",
};
