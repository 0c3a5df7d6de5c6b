package main

import (
	"fmt"
	"io"

	"beckmanconnect/internal/logproof"
)

// printable writes s so that a terminal does nothing but show it (scenario 49).
func printable(s string) string { return logproof.Printable(s) }

// asciiJSON does the same to encoded JSON, where the escape means the same
// text.
func asciiJSON(j []byte) []byte { return logproof.AppendInertJSON(nil, j) }

// tellVerified says how a verification came out, for a person: what holds, or
// the exact place of the first fault and what to do.
func tellVerified(out io.Writer, r *logproof.Report, expected []logproof.Expected) {
	if r.Fault != nil {
		tellFault(out, r)
		return
	}
	fmt.Fprintf(out, "The log holds: %d entries from %s to %s, %d earlier checkpoints, root %s, signed by %s.\n",
		r.Entries, stamp(r.First), stamp(r.Last), r.Checkpoints, r.Head.Root, r.Head.Origin)
	if r.TimeJumps > 0 {
		fmt.Fprintf(out, "The wall clock went back %d times; the order is that of the numbers.\n", r.TimeJumps)
	}
	if r.Erased > 0 {
		fmt.Fprintf(out, "Personal fields of %d entries were erased, on record.\n", r.Erased)
	}
	if r.Archived > 0 {
		fmt.Fprintf(out, "%d of them were read from archive files.\n", r.Archived)
	}
	for _, a := range r.Away {
		fmt.Fprintf(out, "Entries %d to %d are known by their hashes alone: the archive file %s is not here.\n", a.From, a.To-1, printable(a.Name))
	}
	fmt.Fprintln(out, witnessedLine(expected, r.Entries))
}

func tellFault(out io.Writer, r *logproof.Report) {
	f := r.Fault
	fmt.Fprintf(out, "The log does not hold. The first fault is %s: %s.\n", placeOf(f), printable(f.Text))
	if r.Entries > 0 {
		fmt.Fprintf(out, "The %d entries above it, 0 to %d, are what their hashes were made over.\n", r.Entries, r.Entries-1)
	}
	fmt.Fprintf(out, "What it means: %s\nWhat to do: %s\n", meaning(f.What), advice(f.What))
}

// placeOf says where a fault is.
func placeOf(f *logproof.Fault) string {
	switch {
	case f.Table == "entries" && f.Index >= 0:
		return fmt.Sprintf("at entry %d", f.Index)
	case f.Table == "entry_personal" && f.Index >= 0:
		return fmt.Sprintf("in the personal fields of entry %d", f.Index)
	case f.Table == "nodes" && f.Index >= 0:
		return fmt.Sprintf("at the stored hash %d of level %d of the tree", f.Index, f.Level)
	case f.Table == "head":
		return "in the newest checkpoint"
	case f.Table == "checkpoints" && f.Index >= 0:
		return fmt.Sprintf("in the checkpoint over %d entries", f.Index)
	case f.Index >= 0:
		return fmt.Sprintf("in %s, at %d", f.Table, f.Index)
	}
	return "in " + f.Table
}

// meaning is what a kind of fault says about the log.
func meaning(what string) string {
	switch what {
	case logproof.FaultUnreadable:
		return "the file is damaged, by a disk or by hand; this is no statement about what it held."
	case logproof.FaultSchema:
		return "tables or the rules that keep them append-only are not those of the log: another program worked on the file, or it is of a newer version of this one."
	case logproof.FaultGap, logproof.FaultCut:
		return "entries were taken out, or the file is incomplete."
	case logproof.FaultChanged, logproof.FaultNode, logproof.FaultRoot:
		return "something was changed after it was written."
	case logproof.FaultSignature:
		return "the checkpoint is not signed by a key that was given: it was changed, or the key is another log's."
	case logproof.FaultUncovered:
		return "entries were added that the log's key never signed."
	case logproof.FaultSealed:
		return "a personal field was changed, moved or deleted without a record. The entry itself holds."
	case logproof.FaultArchive:
		return "an archive file was changed or exchanged. The hashes of its entries are still in the log."
	case logproof.FaultWitnessed:
		return "a witness saw another log than this one."
	}
	return "the log is not what was written."
}

// advice is what to do next.
func advice(what string) string {
	switch what {
	case logproof.FaultSignature:
		return "check that --key names the key of this log. If it does, treat the log as changed: keep a copy of the whole data folder and tell your security officer."
	case logproof.FaultUnreadable:
		return "keep a copy of the whole data folder, look at the disk, and restore the last backup beside it to compare. The service sets a damaged log aside by itself and goes on in a new one."
	case logproof.FaultSchema:
		return "verify with the beckmanctl of the version that wrote the log. If it says the same, keep a copy of the whole data folder and tell your security officer."
	case logproof.FaultArchive:
		return "put the archive file back from a backup and verify again; keep the changed one."
	}
	return "keep a copy of the whole data folder as it is, and tell your security officer. Compare with the last backup, and with what the witness has: beckmanctl log check-export proves older exports."
}
