// Package drop takes notifications that other programs on this PC leave as
// files in a folder: for software that can write a file and nothing else.
//
// A file NAME.json holds one notification:
//
//	{"publisher":"lis","code":"queue-full","severity":"low","subject":"",
//	 "title":"The queue is full","advice":"Call the LIS team."}
//
// It is written under another name and renamed, or left alone until two looks
// find it the same. It is taken once, remembered in the transaction that raises
// it, and deleted. A bad one is moved to rejected/ with the reason beside it.
// Only a plain file with one name is opened; a link, a pipe or a device is
// rejected, whoever put it there.
package drop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// Source names the folder among the sources that give signs of life.
const Source = notify.SourceLocal + "/drop"

const (
	// MaxSize is the largest file that is taken, in bytes.
	MaxSize = 64 << 10
	// Rejected is the folder in the drop folder for what was not taken.
	Rejected = "rejected"

	suffix       = ".json"
	reasonSuffix = ".reason.txt"
	settingTaken = "notify.drop"
	everyLook    = 2 * time.Second
	mostALook    = 20   // files taken in one look
	mostListed   = 2000 // names looked at in one look
	mostRejected = 100  // kept to be looked at
	mostTaken    = 500  // taken, and not to be deleted
)

// Config is what the folder needs.
type Config struct {
	Folder string
	Alarms notify.Taker
	// Setting reads what was taken before a restart.
	Setting func(ctx context.Context, key string) (value string, ok bool, err error)
	// Allowed says whether programs may notify at all now, and why not.
	Allowed func() (bool, string)
	// Verified says whether the signed policy lists a publisher, and whether it
	// names the account that it is; account is the file's owner, "" when others
	// could have written the file.
	Verified func(publisher, account string) (verified, named bool)
	Alive    notify.Alive
	Log      *slog.Logger
	Limit    *rate.Limiter // nil: ten at once, twenty a minute
	Every    time.Duration // between looks; 0: two seconds
}

// taken is a file that was taken and may still lie there.
type taken struct {
	Name     string `json:"n"`
	Hash     string `json:"h"`
	Modified int64  `json:"m"` // Unix ns: the same again later is another one
}

type sight struct {
	size     int64
	modified time.Time
}

// Folder takes what lies in a drop folder.
type Folder struct {
	config Config
	begun  time.Time
	before map[string]sight // as the last look found them
	taken  []taken
	read   bool // what was taken before was read
}

// New makes one; nothing is read before Run.
func New(config Config) *Folder {
	if config.Limit == nil {
		config.Limit = rate.NewLimiter(rate.Limit(20.0/60), 10)
	}
	if config.Every <= 0 {
		config.Every = everyLook
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Alive == nil {
		config.Alive = func(string) {}
	}
	return &Folder{config: config, before: map[string]sight{}}
}

// Run takes files until ctx ends. A folder on a disk that does not answer keeps
// nothing else waiting: it is looked at in a goroutine of its own.
func (f *Folder) Run(ctx context.Context, report supervise.Report) error {
	f.begun = time.Now()
	tick := time.NewTicker(f.config.Every)
	defer tick.Stop()
	looked := make(chan error, 1)
	busy := false
	for {
		if !busy {
			busy = true
			go func() { looked <- f.look(ctx) }()
		}
		select {
		case <-ctx.Done():
			if busy {
				select { // a look that can end does
				case <-looked:
				case <-time.After(time.Second):
				}
			}
			return ctx.Err()
		case err := <-looked:
			busy = false
			f.tell(ctx, report, err)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		case <-time.After(10 * f.config.Every):
			report(supervise.Degraded, "the folder "+f.config.Folder+" does not answer")
		}
	}
}

func (f *Folder) tell(ctx context.Context, report supervise.Report, err error) {
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, fs.ErrNotExist):
		report(supervise.Degraded, "the folder "+f.config.Folder+" is not there")
	case err != nil:
		report(supervise.Degraded, err.Error())
	default:
		f.config.Alive(Source)
		report(supervise.OK, "")
	}
}

// look takes what stands still since the last look.
func (f *Folder) look(ctx context.Context) error {
	if err := f.recall(ctx); err != nil {
		return err
	}
	root, err := os.OpenRoot(f.config.Folder)
	if err != nil {
		return err
	}
	defer root.Close()
	names, err := list(root)
	if err != nil {
		return err
	}
	f.taken = slices.DeleteFunc(f.taken, func(t taken) bool { return !slices.Contains(names, t.Name) })
	now := map[string]sight{}
	var errs []error
	for count, name := range names {
		info, err := root.Lstat(name)
		if err != nil {
			continue // gone
		}
		s := sight{info.Size(), info.ModTime()}
		now[name] = s
		if b, ok := f.before[name]; info.Mode().IsRegular() && (!ok || b != s) {
			continue // new, or still being written
		}
		if count >= mostALook || ctx.Err() != nil {
			continue
		}
		gone, err := f.take(ctx, root, name, info)
		if gone {
			delete(now, name)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	f.before = now
	return errors.Join(errs...)
}

// list gives the names that could be notifications, in their order.
func list(root *os.Root) ([]string, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(mostListed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); strings.EqualFold(filepath.Ext(name), suffix) && !e.IsDir() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// take takes one file; gone says that it does not lie there any more.
func (f *Folder) take(ctx context.Context, root *os.Root, name string, seen fs.FileInfo) (gone bool, err error) {
	text, account, why := open(root, name, seen)
	if why != "" {
		return f.reject(root, name, why)
	}
	sum := sha256.Sum256(text)
	mark := taken{name, hex.EncodeToString(sum[:]), seen.ModTime().UnixNano()}
	if slices.Contains(f.taken, mark) { // it only could not be deleted
		return f.remove(root, name)
	}
	pub, why := parse(text)
	if why != "" {
		return f.reject(root, name, why)
	}
	if ok, no := f.config.Allowed(); !ok {
		return f.reject(root, name, "notifications of other programs are off: "+no)
	}
	var named bool
	if pub.Verified, named = f.config.Verified(pub.Publisher, account); pub.Verified && !named {
		// Nobody says who it is: then nobody else must be able to write here.
		pub.Verified = account != "" && private(root)
	}
	o, err := pub.Observation()
	if err != nil {
		return f.reject(root, name, err.Error())
	}
	o.Backlog = seen.ModTime().Before(f.begun)
	if len(f.taken) >= mostTaken {
		return false, fmt.Errorf("drop: %d files that were taken cannot be deleted", len(f.taken))
	}
	if !f.config.Limit.Allow() {
		return false, nil // it waits
	}
	all := append(slices.Clone(f.taken), mark)
	err = f.config.Alarms.Apply(ctx, []notify.Observation{o}, func(tx *store.Tx) error {
		text, err := json.Marshal(all)
		if err != nil {
			return err
		}
		if err := tx.SetSetting(settingTaken, string(text)); err != nil {
			return err
		}
		e := store.Entry{
			Kind: "notification.published", Actor: "program", Subject: o.Code,
			Fields: map[string]string{"publisher": pub.Publisher, "verified": fmt.Sprint(pub.Verified), "by": "drop"},
		}
		if account != "" {
			e.Personal = map[string]string{"account": account}
		}
		_, err = tx.Append(e)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("drop: %w", err)
	}
	f.taken = all
	return f.remove(root, name)
}

// remove deletes what was taken. Where that fails it is not taken again.
func (f *Folder) remove(root *os.Root, name string) (bool, error) {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, errors.New("drop: a file that was taken cannot be deleted: give the service the right to")
	}
	return true, nil
}

// recall reads once what was taken before a restart.
func (f *Folder) recall(ctx context.Context) error {
	if f.read || f.config.Setting == nil {
		return nil
	}
	text, ok, err := f.config.Setting(ctx, settingTaken)
	if err != nil {
		return fmt.Errorf("drop: what was taken before: %w", err)
	}
	if ok {
		if err := json.Unmarshal([]byte(text), &f.taken); err != nil {
			f.taken = nil // another version's: at worst one is counted twice
		}
	}
	f.read = true
	return nil
}
