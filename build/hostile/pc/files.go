package pc

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"sync"

	"beckmanconnect/app/files"
	"beckmanconnect/app/files/filestest"
	"beckmanconnect/service/scan"
)

// received is the folder the technician keeps files in.
func (p *PC) received() string { return filepath.Join(p.dir, "received") }

// handle is the technician's window as it reads and writes files. Asked for a
// file it offers none.
func (t *technician) handle(ctx context.Context, session string) {
	ctx, cancel := context.WithCancel(ctx)
	service, window := filestest.Pipe(ctx)
	var hand *files.Hand
	hand = files.NewHand(ctx, window, files.Config{
		Session: session, Folder: t.p.received, Choose: func(_ context.Context, id string) { go hand.Cancel(id) },
	})
	var work sync.WaitGroup
	work.Go(func() {
		defer cancel()
		_ = t.p.Driver.HandleFiles(person, service) // ends with the session
	})
	work.Go(func() { _ = hand.Run() })
	work.Wait()
}

// malware is what the scanner of this PC looks for.
var malware = []byte("hostile malware")

// scanner is one in this process: what a real one costs is shown in package
// scan, whether it is asked is what is attacked here.
type scanner struct{}

func (scanner) Describe(context.Context) (string, error) { return "hostile 1", nil }

func (scanner) Scan(_ context.Context, r io.Reader, _ int64) (scan.Verdict, error) {
	data, err := io.ReadAll(r)
	v := scan.Verdict{Clean: !bytes.Contains(data, malware), Scanner: "hostile 1"}
	if !v.Clean {
		v.Signature = "Hostile.Malware"
	}
	return v, err
}
