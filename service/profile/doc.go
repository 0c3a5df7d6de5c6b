// Package profile is what is known of an instrument family: how its software
// writes its log, which lines mean what, what a technician can do about it, when
// a run is in progress, what of its screen nobody outside may see, and what is
// taken out of its log before a line of it leaves the PC.
//
// A profile is one TOML file, format version 2. assets/profiles/generic.toml
// shows every part with its meaning. In short:
//
//	version, name, title, revision, sample,          the head
//	source, patient_data
//	[[log]]    name, encoding, line, starts, time     how a log is written
//	[run]      started, ended, idle                   patterns of the run
//	[disk]     code, severity, two limits, texts      the file system
//	[[rule]]   code, severity, log, match, when,      line → notification
//	           clear, clear_when, subjects, rate, texts
//	[texts.X]  LANGUAGE = ["title", "advice"]         used by rules as texts = "X"
//	[[mask]]   id; title, class, process; or a region what stays hidden
//	[[scrub]]  name, match, with                      what is taken out
//
// Patterns are RE2, conditions those of package condition over line, log,
// level, code, module, text and group.NAME. A profile is used as a whole or not
// at all: Parse gives every fault with its line.
package profile

// Version is the format this version of the product reads. Version 1 was never
// shipped.
const Version = 2
