// The page "Events", in German.
import type { enEvents } from "./en_events";

export const deEvents: Record<keyof typeof enEvents, string> = {
  evTitle: "Ereignisse", evText: "Was in der Cloud geschah und was Geräte über Sitzungen melden. Auch Ihr Lesen und Exportieren wird protokolliert.",
  evNone: "Es gibt noch keine Ereignisse.", evNoMatch: "Nichts passt zu diesem Filter.", evSearching: "Nichts unter den neuesten. Es gibt noch ältere zu durchsuchen.",
  evFailed: "Die Ereignisse konnten nicht gelesen werden. Versuchen Sie es erneut.", evRetry: "Erneut versuchen", evOlder: "Ältere Ereignisse",
  evFollow: "Mitlesen", evFollowing: "Es wird mitgelesen", evCSV: "CSV exportieren", evJSON: "JSON-Zeilen exportieren",
  evKind: "Art", evAnyKind: "Alle Arten", evSeverity: "Schwere", evAnySeverity: "Jede Schwere", evWarning: "Warnungen und Alarme", evAlert: "Nur Alarme",
  evRegion: "Region", evAnyRegion: "Alle Regionen", evCloud: "Ohne Region", evActor: "Konto", evDevice: "Geräte-ID", evRequest: "Anfrage",
  evFrom: "Von", evTo: "Bis", evSearch: "Suchen", evClear: "Leeren",
  evSevAlert: "Alarm", evSevWarning: "Warnung", evSevNotice: "Hinweis", evSevInfo: "Info", evNobody: "niemand bekannt", evNumber: "Nummer", evAddress: "Adresse", evTime: "Zeit", evDetails: "Einzelheiten zu Ereignis {n}",
  evExportBig: "Der Export enthält, was dieser Filter findet, höchstens 1.000.000 Ereignisse.",
  evkSignin: "Angemeldet", evkSigninRefused: "Anmeldung abgelehnt", evkSigninNewPlace: "Anmeldung von neuem Ort", evkSignOut: "Abgemeldet",
  evkNetwork: "Fremdes Netz abgewiesen", evkOrigin: "Fremde Seite abgewiesen", evkRate: "Zu viele Versuche abgewiesen",
  evkDeviceRefused: "Gerät abgewiesen", evkRegistered: "Gerät registriert", evkConfirmed: "Registrierung bestätigt", evkMoved: "Gerät verschoben", evkRetired: "Gerät außer Betrieb", evkIdentity: "Identität des Geräts",
  evkPersonExported: "Daten einer Person exportiert", evkPersonErased: "Daten einer Person gelöscht",
  evkProposed: "Vorgang vorgeschlagen", evkActConfirmed: "Vorgang bestätigt", evkRejected: "Vorgang abgelehnt", evkActRefused: "Entscheidung nicht erlaubt",
  evkTaken: "Fall übernommen", evkHandedOver: "Fall übergeben", evkInvited: "Kollege eingeladen", evkNoted: "Fall vermerkt",
  evkEnded: "Sitzung vom Support beendet", evkCertificate: "Zertifikat ausgestellt", evkSession: "Sitzungsereignis", evkRead: "Protokoll gelesen", evkExported: "Protokoll exportiert", evkExpired: "Nach Frist gelöscht",
  evkUpload: "Upload abgelehnt", evkDraining: "Knoten wird geleert", evkMail: "E-Mail aufgegeben",
  upScanning: "Dieses Protokoll wird auf Schadsoftware geprüft. Es ist lesbar, wenn nichts gefunden wurde.",
  upRefused: "Der Virenscanner hat dieses Protokoll abgelehnt. Niemand kann es öffnen; der Fund ist protokolliert.",
  upUnavailable: "Nicht verfügbar: Der Virenscanner antwortet nicht, oder seine Signaturen sind zu alt. Es wird von selbst erneut versucht.",
};
