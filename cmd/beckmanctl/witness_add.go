package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/witness"
)

// addResult is what "witness add --json" prints.
type addResult struct {
	Log     string `json:"log"`
	Entries int64  `json:"entries"` // of the newest checkpoint that is cosigned
	Code    string `json:"code,omitempty"`
}

// witnessAdd shows the witness a log without a network: a copy of its database,
// or a request in a file (c2sp.org/tlog-witness), or a first checkpoint alone.
func witnessAdd(ctx context.Context, e env, args []string) error {
	var db, file string
	dir, asJSON, _, err := witnessFlags("add", args, 0, func(set *flag.FlagSet) {
		set.StringVar(&db, "db", "", "")
		set.StringVar(&file, "checkpoint", "", "")
	})
	if err != nil {
		return err
	}
	if (db == "") == (file == "") {
		return program.Usagef("witness add: one of --db FILE and --checkpoint FILE is needed")
	}
	f, err := witness.OpenFolder(dir, nil)
	if err != nil {
		return err
	}
	request, err := requestFrom(ctx, f, db, file)
	if err != nil {
		return fmt.Errorf("witness add: %w", err)
	}
	a, err := f.Add(ctx, request)
	if err != nil {
		return fmt.Errorf("witness add: %w", err)
	}
	if asJSON {
		if err := printJSON(e.out, addResult{Log: a.Origin, Entries: a.Seen.Size, Code: a.Code}); err != nil {
			return err
		}
	}
	if a.Code != "" {
		return fmt.Errorf("witness add: not cosigned (%s): %s; %d entries are", a.Code, a.Why, a.Seen.Size)
	}
	if !asJSON {
		_, err = fmt.Fprintf(e.out, "Cosigned: %d entries of %s.\n%s", a.Seen.Size, printable(a.Origin), a.Seen.Note)
	}
	return err
}

func requestFrom(ctx context.Context, f *witness.Folder, db, file string) (witness.Request, error) {
	if db != "" {
		return requestOf(ctx, f, db)
	}
	body, err := readLimited(file, witness.MaxBody)
	if err != nil {
		return witness.Request{}, err
	}
	if request, err := witness.ParseBody(body); err == nil {
		return request, nil
	}
	return witness.Request{Note: body}, nil
}

// requestOf makes a request of a copy of the database, with the proof that
// starts where the witness is.
func requestOf(ctx context.Context, f *witness.Folder, db string) (witness.Request, error) {
	r, err := logproof.OpenReader(db)
	if err != nil {
		return witness.Request{}, err
	}
	defer r.Close()
	head, err := r.Head()
	if err != nil {
		return witness.Request{}, err
	}
	c, err := logproof.ReadCheckpoint(head)
	if err != nil {
		return witness.Request{}, err
	}
	_, seen, err := f.Newest(ctx, c.Origin)
	if err != nil && !errors.Is(err, witness.ErrUnknown) {
		return witness.Request{}, err
	}
	request := witness.Request{Old: seen.Size, Note: head}
	if seen.Size > 0 && seen.Size < c.Size {
		request.Proof, err = tlog.ProveTree(c.Size, seen.Size, logproof.Hashes(r.Stored))
	}
	return request, err
}

func readLimited(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s is larger than a checkpoint can be", path)
	}
	return os.ReadFile(path)
}

// checkResult is what "witness check --json" prints.
type checkResult struct {
	OK        bool         `json:"ok"`
	Log       string       `json:"log"`
	Entries   int64        `json:"entries"`
	Witnessed int64        `json:"witnessed"`
	Fault     *verifyFault `json:"fault,omitempty"`
}

// witnessCheck verifies a whole log, and that it begins with what the witness
// cosigned.
func witnessCheck(ctx context.Context, e env, args []string) error {
	var db string
	dir, asJSON, _, err := witnessFlags("check", args, 0, func(set *flag.FlagSet) { set.StringVar(&db, "db", "", "") })
	if err != nil {
		return err
	}
	if db == "" {
		return program.Usagef("witness check: --db FILE is missing")
	}
	f, err := witness.OpenFolder(dir, nil)
	if err != nil {
		return err
	}
	log, seen, err := newestOf(ctx, f, db)
	if err != nil {
		return fmt.Errorf("witness check: %w", err)
	}
	report, err := logproof.Verify(ctx, logproof.Config{
		Path: db, Verifiers: note.VerifierList(log),
		Expected: []logproof.Expected{{Checkpoint: logproof.Checkpoint{Origin: log.Name(), Size: seen.Size, Root: seen.Root}, By: "the witness " + f.Signer().Name()}},
	})
	if err != nil {
		return fmt.Errorf("witness check: %w", err)
	}
	if asJSON {
		r := resultOf(report)
		if err := printJSON(e.out, checkResult{OK: r.OK, Log: log.Name(), Entries: r.Entries, Witnessed: seen.Size, Fault: r.Fault}); err != nil {
			return err
		}
	}
	if report.Fault != nil {
		return fmt.Errorf("the log is not what was witnessed: %s", printable(report.Fault.Error()))
	}
	if !asJSON {
		_, err = fmt.Fprintf(e.out, "The log holds, and begins with the %d entries that were cosigned. %s\n", seen.Size, notWitnessed(seen.Size, report.Entries))
	}
	return err
}

// newestOf is what the witness knows of the log in a database.
func newestOf(ctx context.Context, f *witness.Folder, db string) (note.Verifier, witness.Seen, error) {
	r, err := logproof.OpenReader(db)
	if err != nil {
		return nil, witness.Seen{}, err
	}
	defer r.Close()
	head, err := r.Head()
	if err != nil {
		return nil, witness.Seen{}, err
	}
	c, err := logproof.ReadCheckpoint(head)
	if err != nil {
		return nil, witness.Seen{}, err
	}
	log, seen, err := f.Newest(ctx, c.Origin)
	switch {
	case errors.Is(err, witness.ErrUnknown):
		return nil, seen, fmt.Errorf("the log %q is not known to this witness (%s)", printable(c.Origin), cloudapi.WitnessUnknown)
	case err == nil && seen.Size == 0:
		return nil, seen, fmt.Errorf("nothing of the log %q was cosigned yet", printable(c.Origin))
	}
	return log, seen, err
}
