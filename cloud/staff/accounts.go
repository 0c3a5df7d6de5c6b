package staff

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxAccounts bounds a file of accounts, in bytes.
const maxAccounts = 1 << 20

// Accounts is a file with accounts, one a line; what follows a # is a remark. A
// sign-in lasts for hours, and who was dismissed must not keep it: the file is
// read for each question, so that a line counts from the moment it is there.
// Empty: no such file is kept.
type Accounts string

// Has tells whether account is in the file. An error means that nobody can say,
// and so that nobody gets anything.
func (f Accounts) Has(account string) (bool, error) {
	if f == "" {
		return false, nil
	}
	file, err := os.Open(string(f))
	if err != nil {
		return false, fmt.Errorf("staff: accounts: %w", err)
	}
	defer file.Close()
	rest := &io.LimitedReader{R: file, N: maxAccounts + 1}
	found := false
	lines := bufio.NewScanner(rest)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		line = strings.TrimSpace(line)
		found = found || line != "" && strings.EqualFold(line, account)
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("staff: accounts: %w", err)
	}
	if rest.N <= 0 {
		return false, errors.New("staff: accounts: the file is too large")
	}
	return found, nil
}

// gone tells whether an account may do nothing here (any more), or whether
// nobody can say: removed by the file or by an act, revoked by the vendor's
// policy, or not among those that are allowed (P21).
func (d *Desk) gone(ctx context.Context, account string) bool {
	removed, err := d.Removed.Has(account)
	if err == nil && !removed && d.Rules.Allowed != "" {
		allowed := false
		allowed, err = d.Rules.Allowed.Has(account)
		removed = !allowed
	}
	if err == nil && !removed {
		removed, err = d.Data.StaffRemoved(ctx, account)
	}
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Error("staff: nobody is let in", "error", err)
		}
		return true
	}
	return removed || d.Revoked != nil && d.Revoked(account)
}

// Gone is the same for parts that know an account only.
func (d *Desk) Gone(account string) bool { return d.gone(context.Background(), account) }
