// Package logexport writes part of the log as a file for people: jsonl, csv,
// pdf, and the certificate of one session. It is used by beckmanctl, which has
// no keys and writes the HMACs that the proof is made over in place of personal
// values, and by the service, which has them.
//
// An export is of one moment: the checkpoint that its Meta names. Entries come
// one at a time in ascending order; nothing is held in memory but what one
// entry needs, except where a format has a limit that it says (PDFEntries).
//
//	x, err := logexport.New(format, w)
//	err = x.Begin(meta)
//	err = x.Record(&record) // for each entry that is exported
//	err = x.End()
//
// A jsonl export proves itself: Check verifies it offline against the signed
// checkpoint, whole, of a range or filtered.
package logexport
