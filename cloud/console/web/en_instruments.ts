// The registry’s texts in English.

export const instrumentsEn = {
  insTitle: "Instruments", insText: "What is registered in your regions, where it stands and what it runs.",
  insSearch: "Find by type, serial number, ID or site", insRegion: "Region", insAnyRegion: "All regions", insSite: "Site", insAnySite: "All sites", insNoSite: "No site yet ({n})",
  insGroup: "Group", insAnyGroup: "All groups", insState: "State", insAnyState: "Any state", insVersion: "Version", insAnyVersion: "All versions", insNoVersion: "not known yet",
  insOnline: "Online ({n})", insOffline: "Offline ({n})", insUnconfirmed: "Not confirmed ({n})", insCopied: "Copied ({n})", insRevoked: "Revoked ({n})", insRetired: "Out of service ({n})",
  insCount: "{n} of {total}", insMore: "Show more", insNone: "Nothing fits this filter.", insEmpty: "No instrument is registered in your regions yet.", insFailed: "The list could not be read. Try again in a moment.",
  insExport: "Save as CSV", insChipUnconfirmed: "Not confirmed", insChipRetired: "Out of service", insChipRevoked: "Revoked", insChipCopied: "Copied", insUnassigned: "No site",
  insDetailFailed: "This instrument could not be read.", insRegistered: "Registered", insConfirmed: "Confirmed", insNotYet: "not yet", insAsked: "not yet, mail sent {time}", insEmail: "E-mail",
  insSince: "{version} since {time}", insMovedTo: "Handed over to", insGroups: "Groups", insMove: "Move", insMoveTo: "Move to site", insNote: "Note", insNoteText: "A note about this instrument", insAddNote: "Add note",
  insAsk: "Send the mail again", insAskDone: "The mail is on its way.", insRetire: "Propose end of life", insReason: "Reason, for the record", insRetireText: "A second administrator has to confirm it. Then the instrument is cut off for good, and its personal data goes after the retention period.",
  insRetireDone: "Proposed. A second administrator has to confirm it.", insDone: "Saved.",
  insHistory: "History", insIdentity: "Identity", insSessions: "Support sessions", insNothing: "Nothing yet.", insLines: "Entries: {n}",
  hisSite: "Moved from {from} to {to}", hisGroupIn: "Put into the group {to}", hisGroupOut: "Taken out of the group {from}", hisRegion: "Region changed from {from} to {to}", hisVersion: "Version {to}", hisConfirmed: "Registration confirmed",
  hisRetired: "Out of service", hisMoved: "Handed over to {to}", hisErased: "Personal data erased", hisKey: "Token key replaced", hisNobody: "no site",
  k6: "6",
  idRegistered: "Registered", idUpdated: "Registered again", idCopied: "Seen on two PCs", idRevoked: "Revoked", idRestored: "Accepted again", idReplaced: "Replaced by {to}", idLog: "A new log began",
};
