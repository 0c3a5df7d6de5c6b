package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/program"
)

// logUsage is shown for a log verb that does not exist.
const logUsage = `usage: beckmanctl log verify [--witnessed FILE [--witness-key KEY|FILE]] [--json]
       beckmanctl log list [--limit N] [--before NUMBER] [--json]
       beckmanctl log prove NUMBER [--out FILE] [--disclose FIELD[,FIELD]]
       beckmanctl log export [--format jsonl|csv|pdf] [--from NUMBER|TIME] [--to NUMBER|TIME] [--language L] [--out FILE]
       beckmanctl log certificate SESSION --out FILE.pdf [--language L]
       beckmanctl log archive --before YYYY-MM-DD [--json]
each with --config FILE, or --db FILE for a copy and --key FILE for its checkpoint key
       beckmanctl log check FILE --key FILE [--witness FILE] [--json]
       beckmanctl log check-export FILE --key FILE [--witness FILE] [--json]
without a database: what prove and export wrote`

// logOptions are what the log verbs have in common.
type logOptions struct {
	config, db, key string
	asJSON          bool
	detached        bool // needs no database
}

// logCommand is "beckmanctl log": it reads the database itself, never the
// service, so that it proves the same on a copy on another machine.
func logCommand(ctx context.Context, log *slog.Logger, args []string, out io.Writer) error {
	verbs := map[string]func(context.Context, *slog.Logger, []string, io.Writer) error{
		"verify": logVerify, "list": logList, "export": logExport, "certificate": logCertificate,
		"prove": logProve, "check": logCheck, "check-export": logCheckExport,
	}
	if len(args) == 0 {
		return program.Usagef("%s", logUsage)
	}
	verb, ok := verbs[args[0]]
	if !ok {
		return program.Usagef("log %q does not exist\n%s", args[0], logUsage)
	}
	return verb(ctx, log, args[1:], out)
}

// parse reads the common flags and those of the verb.
func (o *logOptions) parse(verb string, args []string, more func(*flag.FlagSet)) error {
	_, err := o.parseWith(verb, args, 0, more)
	return err
}

// parseWith also reads so many words that are no flags, before, between or
// behind them.
func (o *logOptions) parseWith(verb string, args []string, words int, more func(*flag.FlagSet)) (given []string, err error) {
	set := flag.NewFlagSet("log "+verb, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.config, "config", "", "")
	set.StringVar(&o.db, "db", "", "")
	set.StringVar(&o.key, "key", "", "")
	set.BoolVar(&o.asJSON, "json", false, "")
	if more != nil {
		more(set)
	}
	for rest := args; ; {
		if err := set.Parse(rest); err != nil {
			return nil, program.Usagef("log %s: %v\n%s", verb, err, logUsage)
		}
		if set.NArg() == 0 {
			break
		}
		if len(given) == words {
			return nil, program.Usagef("log %s: %q is one argument too many\n%s", verb, set.Arg(0), logUsage)
		}
		given, rest = append(given, set.Arg(0)), set.Args()[1:]
	}
	if len(given) < words {
		return nil, program.Usagef("log %s: an argument is missing\n%s", verb, logUsage)
	}
	if o.detached {
		return given, nil
	}
	if o.db == "" {
		config, err := hostconfig.Load(o.config)
		if err != nil {
			return nil, err
		}
		o.db = filepath.Join(config.Data, logproof.FileName)
	}
	if o.key == "" {
		o.key = filepath.Join(filepath.Dir(o.db), "keys", "checkpoint.pub")
	}
	return given, nil
}

// keyFiles are the files of keys that were named.
func (o *logOptions) keyFiles(witness string) []string {
	var out []string
	for _, f := range []string{o.key, witness} {
		if f != "" {
			out = append(out, f)
		}
	}
	return out
}

// verifiers reads the public checkpoint keys, one a line.
func (o *logOptions) verifiers() (note.Verifiers, error) {
	b, err := os.ReadFile(o.key)
	if err != nil {
		return nil, fmt.Errorf("log verify: the checkpoint key cannot be read (%w); name it with --key FILE", err)
	}
	var list []note.Verifier
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("log verify: %s holds no checkpoint key (%w); name the right file with --key FILE", o.key, err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("log verify: %s is empty; name the right file with --key FILE", o.key)
	}
	return note.VerifierList(list...), nil
}

// open reads the log of list and export.
func (o *logOptions) open(verb string) (*logproof.Reader, error) {
	r, err := logproof.OpenReader(o.db)
	if err != nil {
		return nil, o.cannotRead(verb, err)
	}
	return r, nil
}

func (o *logOptions) cannotRead(verb string, err error) error {
	advice := "run \"beckmanctl log verify\" to see whether it is damaged"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("log %s: there is no log at %s; name it with --db FILE", verb, o.db)
	case errors.Is(err, fs.ErrPermission):
		advice = "run this as administrator, or on a copy with --db FILE"
	}
	return fmt.Errorf("log %s: %s cannot be read (%w); %s", verb, o.db, err, advice)
}

// verifyResult is what "log verify --json" prints.
type verifyResult struct {
	OK          bool         `json:"ok"`
	Entries     int64        `json:"entries"`
	Origin      string       `json:"origin,omitempty"`
	Root        string       `json:"root,omitempty"`
	Checkpoints int64        `json:"checkpoints"`
	First       string       `json:"first,omitempty"`
	Last        string       `json:"last,omitempty"`
	TimeJumps   int64        `json:"timeJumps"`
	Boots       int64        `json:"boots"`
	Erased      int64        `json:"erased"`
	Archived    int64        `json:"archived"`       // entries read from archive files
	Away        []string     `json:"away,omitempty"` // archive files that are not here
	Witnessed   int64        `json:"witnessed"`      // entries that a witness vouches for; 0: none of its checkpoints was at hand
	Fault       *verifyFault `json:"fault,omitempty"`
}

type verifyFault struct {
	Table string `json:"table"`
	Index int64  `json:"index"` // -1: the table as a whole
	Level int    `json:"level,omitempty"`
	What  string `json:"what"`
	Text  string `json:"text"`
}

func logVerify(ctx context.Context, log *slog.Logger, args []string, out io.Writer) error {
	var o logOptions
	var w witnessedOptions
	if err := o.parse("verify", args, w.flags); err != nil {
		return err
	}
	verifiers, err := o.verifiers()
	if err != nil {
		return err
	}
	expected, err := w.expected(ctx, o.db, verifiers)
	if err != nil {
		return err
	}
	report, err := logproof.Verify(ctx, logproof.Config{Path: o.db, Verifiers: verifiers, Expected: expected, Progress: newProgress(log, "verifying").at})
	if err != nil {
		return o.cannotRead("verify", err)
	}
	if o.asJSON {
		if err := printJSON(out, w.add(resultOf(report), expected)); err != nil {
			return err
		}
	} else {
		tellVerified(out, &report, expected)
	}
	if report.Fault != nil {
		return fmt.Errorf("the log does not hold: %s", printable(report.Fault.Error()))
	}
	return nil
}

// report verifies without a word about progress.
func (o *logOptions) report(ctx context.Context) (logproof.Report, error) {
	verifiers, err := o.verifiers()
	if err != nil {
		return logproof.Report{}, err
	}
	return logproof.Verify(ctx, logproof.Config{Path: o.db, Verifiers: verifiers})
}

func resultOf(r logproof.Report) verifyResult {
	res := verifyResult{OK: r.Fault == nil, Entries: r.Entries, Checkpoints: r.Checkpoints, TimeJumps: r.TimeJumps, Boots: r.Boots, Erased: r.Erased, Archived: r.Archived}
	for _, a := range r.Away {
		res.Away = append(res.Away, a.Name)
	}
	if r.Entries > 0 {
		res.First, res.Last = stamp(r.First), stamp(r.Last)
	}
	if f := r.Fault; f != nil {
		res.Fault = &verifyFault{Table: f.Table, Index: f.Index, Level: f.Level, What: f.What, Text: f.Text}
	} else {
		res.Origin, res.Root = r.Head.Origin, r.Head.Root.String()
	}
	return res
}

func printJSON(out io.Writer, v any) error {
	line, err := jsonLine(v)
	if err != nil {
		return err
	}
	_, err = out.Write(line)
	return err
}

// jsonLine is v as one line that a terminal shows as it is.
func jsonLine(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(asciiJSON(b), '\n'), nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
