// The desk’s texts in English.

export const deskEn = {
  deskCase: "Case", deskOpen: "Case {number}", deskTake: "Take", deskTakeLabel: "Take {number}: {type} {serial}", deskYours: "Yours", deskInvited: "You are invited",
  deskTaken: "Taken by {name}", deskGone: "No longer waiting", deskPlace: "No. {n}", deskNow: "In session now", deskWith: "{name} is in session", deskFor: "for {time}",
  deskRegion: "Region", deskType: "Instrument type", deskAllRegions: "All regions", deskAllTypes: "All types", deskFree: "Free only", deskNoneFit: "Nobody waits that fits this filter",
  deskSound: "Sound", deskSoundText: "Sound when somebody waits", deskMine: "My cases",
  deskGiveBack: "Give back", deskHandOver: "Hand over…", deskInvite: "Invite…", deskEnd: "End this session", deskEndAsk: "End the session of {name}?", deskEndAskMine: "End your session?",
  deskEndText: "The technician reads that the vendor’s staff ended it. Helping again takes a new code.", deskEndNo: "Let it run",
  deskHandOverTitle: "Hand over {number}", deskHandOverText: "Your colleague has the case from then on. A session that runs ends first: the technician asks again and reads a new code to your colleague.",
  deskInviteTitle: "Invite to {number}", deskInviteText: "They read the case and write notes, and may come in by a code that the technician reads to them. Nothing that was granted to you is theirs.",
  deskColleague: "Colleague", deskColleagues: "Colleagues who may help here are being looked up…", deskNobody: "Nobody else may help with this instrument.", deskDo: "Hand over", deskDoInvite: "Invite", deskCancel: "Cancel",
  deskHolder: "Taken by", deskGuests: "Invited", deskNobodys: "Nobody yet", deskTicket: "Ticket number", deskTicketHelp: "The vendor’s own number: letters, digits, spaces and . _ / # : -", deskSave: "Save", deskSaved: "Saved.",
  deskNotes: "Notes", deskNotesNone: "No notes yet.", deskNewNote: "New note", deskNoteHelp: "Colleagues read it; the technician does not. No patient data.", deskAdd: "Add note", deskAmend: "Amend", deskAmendTitle: "Amended note", deskAmended: "amended", deskWas: "Before", deskNoteCount: "{n} notes", deskNoteOne: "1 note",
  deskActs: "What happened", deskRequests: "Requests and sessions", deskDevice: "Show the instrument", deskReading: "Reading the case…", deskFailed: "The case could not be read.",
  deskActTake: "{by} took the case", deskActBack: "{by} gave it back", deskActBackSelf: "Given back: nobody was at the desk", deskActOver: "{by} handed it to {to}", deskActInvite: "{by} invited {to}", deskActTicket: "{by} changed the ticket number", deskActEnd: "{by} ended the session",
  deskReqWaited: "Asked for help, no session", deskReqWaits: "Waits", deskReqRuns: "{name} is in session", deskReqWas: "{name}, for {time}",
  deskErrTaken: "Somebody else has this case.", deskErrForbidden: "Your role does not allow this.", deskErrOver: "The technician does not wait any more.", deskErrSession: "No session runs any more.", deskErrIn: "A session runs: end it or hand the case over.",
  deskErrThem: "This person may not help with this instrument.", deskErrTheirs: "They have this case already.", deskErrNote: "A note is plain text of 1 to 2,000 characters.", deskErrFull: "This case has too many notes.", deskErrNotYours: "Only your own note can be amended, and once.",
  deskErrTicket: "At most 40 letters, digits, spaces and . _ / # : -", deskErrUnknown: "There is no such case in your regions.", deskErrOther: "That did not work; try again.",
  deskHistory: "Cases", deskHistoryNone: "No cases yet.", deskVersions: "Versions", deskVersionSince: "since {date}", deskRaised: "Notifications in 30 days", kT: "T", scTake: "Take the case in focus",
  deskToNotes: "Notes and ticket", endVendor: "The vendor’s staff ended the session.",
} as const;
