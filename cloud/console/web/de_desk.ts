// The desk’s texts in German.

import type { deskEn } from "./en_desk";

export const deskDe: Record<keyof typeof deskEn, string> = {
  deskCase: "Fall", deskOpen: "Fall {number}", deskTake: "Übernehmen", deskTakeLabel: "{number} übernehmen: {type} {serial}", deskYours: "Ihr Fall", deskInvited: "Sie sind eingeladen",
  deskTaken: "Übernommen von {name}", deskGone: "Wartet nicht mehr", deskPlace: "Nr. {n}", deskNow: "Jetzt in Sitzung", deskWith: "{name} ist in Sitzung", deskFor: "seit {time}",
  deskRegion: "Gebiet", deskType: "Gerätetyp", deskAllRegions: "Alle Regionen", deskAllTypes: "Alle Typen", deskFree: "Nur freie", deskNoneFit: "Niemand wartet, auf den dieser Filter passt",
  deskSound: "Ton", deskSoundText: "Ton, wenn jemand wartet", deskMine: "Meine Fälle",
  deskGiveBack: "Zurückgeben", deskHandOver: "Übergeben…", deskInvite: "Einladen…", deskEnd: "Diese Sitzung beenden", deskEndAsk: "Die Sitzung von {name} beenden?", deskEndAskMine: "Ihre Sitzung beenden?",
  deskEndText: "Das Labor liest, dass der Hersteller sie beendet hat. Für weitere Hilfe braucht es einen neuen Code.", deskEndNo: "Laufen lassen",
  deskHandOverTitle: "{number} übergeben", deskHandOverText: "Der Fall gehört dann dieser Person. Eine laufende Sitzung endet vorher: Das Labor bittet erneut um Hilfe und liest ihr einen neuen Code vor.",
  deskInviteTitle: "Zu {number} einladen", deskInviteText: "Eingeladene lesen den Fall, schreiben Notizen und kommen mit einem Code herein, den das Labor ihnen vorliest. Was Ihnen erlaubt wurde, gilt für sie nicht.",
  deskColleague: "Person", deskColleagues: "Es wird nachgesehen, wer hier helfen darf…", deskNobody: "Niemand sonst darf bei diesem Gerät helfen.", deskDo: "Übergeben", deskDoInvite: "Einladen", deskCancel: "Abbrechen",
  deskHolder: "Übernommen von", deskGuests: "Eingeladen", deskNobodys: "Noch niemandem", deskTicket: "Ticketnummer", deskTicketHelp: "Die Nummer des Herstellers: Buchstaben, Ziffern, Leerzeichen und . _ / # : -", deskSave: "Speichern", deskSaved: "Gespeichert.",
  deskNotes: "Notizen", deskNotesNone: "Noch keine Notizen.", deskNewNote: "Neue Notiz", deskNoteHelp: "Für das Team, nicht für das Labor. Keine Patientendaten.", deskAdd: "Notiz hinzufügen", deskAmend: "Berichtigen", deskAmendTitle: "Berichtigte Notiz", deskAmended: "berichtigt", deskWas: "Vorher", deskNoteCount: "{n} Notizen", deskNoteOne: "1 Notiz",
  deskActs: "Was geschah", deskRequests: "Anfragen und Sitzungen", deskDevice: "Gerät zeigen", deskReading: "Der Fall wird gelesen…", deskFailed: "Der Fall konnte nicht gelesen werden.",
  deskActTake: "{by} hat übernommen", deskActBack: "{by} hat zurückgegeben", deskActBackSelf: "Zurückgegeben: Niemand war am Platz", deskActOver: "{by} hat an {to} übergeben", deskActInvite: "{by} hat {to} eingeladen", deskActTicket: "{by} hat die Ticketnummer geändert", deskActEnd: "{by} hat die Sitzung beendet",
  deskReqWaited: "Um Hilfe gebeten, keine Sitzung", deskReqWaits: "Wartet", deskReqRuns: "{name} ist in Sitzung", deskReqWas: "{name}, {time} lang",
  deskErrTaken: "Jemand anderes hat diesen Fall.", deskErrForbidden: "Ihre Rolle erlaubt das nicht.", deskErrOver: "Das Labor wartet nicht mehr.", deskErrSession: "Es läuft keine Sitzung mehr.", deskErrIn: "Eine Sitzung läuft: beenden Sie sie oder übergeben Sie den Fall.",
  deskErrThem: "Diese Person darf bei diesem Gerät nicht helfen.", deskErrTheirs: "Der Fall gehört dieser Person schon.", deskErrNote: "Eine Notiz ist reiner Text von 1 bis 2.000 Zeichen.", deskErrFull: "Dieser Fall hat zu viele Notizen.", deskErrNotYours: "Nur eine eigene Notiz lässt sich berichtigen, und nur einmal.",
  deskErrTicket: "Höchstens 40 Buchstaben, Ziffern, Leerzeichen und . _ / # : -", deskErrUnknown: "In Ihren Regionen gibt es diesen Fall nicht.", deskErrOther: "Das hat nicht geklappt; versuchen Sie es noch einmal.",
  deskHistory: "Fälle", deskHistoryNone: "Noch keine Fälle.", deskVersions: "Versionen", deskVersionSince: "seit {date}", deskRaised: "Meldungen in 30 Tagen", kT: "T", scTake: "Den Fall im Fokus übernehmen",
  deskToNotes: "Notizen und Ticket", endVendor: "Der Hersteller hat die Sitzung beendet.",
};
