package store

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/internal/logbackup"
	"beckmanconnect/store/keys"
)

// faultPlan, set to "case|folder", makes this test program the child whose calls
// fail.
const faultPlan = "BECKMANCONNECT_TEST_FAULT"

// faultKey is one key for the child and for the one who looks at what it left.
func faultKey() *rsa.PrivateKey {
	b, err := os.ReadFile(filepath.Join("testdata", "backup.pem"))
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(b)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	return key
}

// watched has the child stop for its tracer where there is one.
var watched func() error

// faultChild plays one case and says aloud what was acknowledged and what
// failed, as what.
func faultChild(plan string) int {
	if watched != nil {
		if err := watched(); err != nil {
			fmt.Println("error", err)
			return 2
		}
	}
	name, dir, _ := strings.Cut(plan, "|")
	if err := faultChildren[name](dir); err != nil {
		fmt.Println("error", KindOf(wrap("child", err)), err)
		return 1
	}
	return 0
}

func faultOptions(dir string) Options {
	return Options{Dir: dir, Key: keys.File{Dir: filepath.Join(dir, KeysDir)}, SetAside: true, ProbeEvery: time.Hour}
}

// faultChildren by case. Each opens the store as the service does.
var faultChildren = map[string]func(dir string) error{
	"first":            func(dir string) error { return played(dir, appends(2)) },
	"append":           func(dir string) error { return played(dir, appends(6)) },
	"migrate":          func(dir string) error { return played(dir, appends(1)) },
	"set aside":        func(dir string) error { return played(dir, appends(1)) },
	"set aside (keys)": func(dir string) error { return played(dir, appends(1)) },
	"archive": func(dir string) error {
		return played(dir, func(s *Store) error {
			_, err := s.Archive(context.Background(), time.Now().Add(time.Hour), 1, "it")
			fmt.Println("ack", s.LogState().Entries)
			return err
		})
	},
	"rotate": func(dir string) error {
		return played(dir, func(s *Store) error {
			if err := s.RotateKeys(context.Background(), "it", nil); err != nil {
				return err
			}
			for {
				now, changed := s.Rotation()
				if now.Err != nil || !now.Running {
					return now.Err
				}
				<-changed
			}
		})
	},
	"backup": func(dir string) error {
		return played(dir, func(s *Store) error {
			f, err := os.Create(filepath.Join(dir, "out.bcbackup"))
			if err != nil {
				return err
			}
			defer f.Close()
			if _, err = s.Backup(context.Background(), f, logbackup.Recipient{Public: &faultKey().PublicKey}, "it", nil); err == nil {
				fmt.Println("made")
			}
			return err
		})
	},
}

func played(dir string, play func(*Store) error) error {
	s, err := Open(context.Background(), faultOptions(dir))
	if err != nil {
		return err
	}
	fmt.Println("ack", s.LogState().Entries)
	err = play(s)
	if e := s.Close(); err == nil {
		err = e
	}
	return err
}

// appends writes transactions of three entries, with the write-ahead log folded
// in between. One that fails is told; the next is tried all the same.
func appends(n int) func(*Store) error {
	return func(s *Store) error {
		var last error
		for i := range n {
			err := s.Update(context.Background(), func(tx *Tx) error {
				for range 3 {
					if _, err := tx.Append(Entry{Kind: "fault.test", Actor: "system", Personal: map[string]string{"name": "Erika"}}); err != nil {
						return err
					}
				}
				return tx.SetSetting("fault", "x")
			})
			if err != nil {
				last = err
				continue
			}
			fmt.Println("ack", s.LogState().Entries)
			if i == n/2 {
				s.turn <- struct{}{}
				_, err := s.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
				<-s.turn
				if err != nil {
					last = err
				}
			}
		}
		return last
	}
}
