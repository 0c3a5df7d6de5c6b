package staff

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxRemoved bounds the file of removed accounts, in bytes.
const maxRemoved = 1 << 20

// Removed is a file with the accounts that may do nothing here any more, one a
// line; what follows a # is a remark. A sign-in lasts for hours, and who was
// dismissed must not keep it: the file is read for each question, so that a
// line counts from the moment it is there. Empty: no such file is kept.
type Removed string

// Has tells whether account is in the file. An error means that nobody can say,
// and so that nobody gets anything.
func (f Removed) Has(account string) (bool, error) {
	if f == "" {
		return false, nil
	}
	file, err := os.Open(string(f))
	if err != nil {
		return true, fmt.Errorf("staff: removed accounts: %w", err)
	}
	defer file.Close()
	rest := &io.LimitedReader{R: file, N: maxRemoved + 1}
	found := false
	lines := bufio.NewScanner(rest)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		found = found || strings.EqualFold(strings.TrimSpace(line), account)
	}
	if err := lines.Err(); err != nil {
		return true, fmt.Errorf("staff: removed accounts: %w", err)
	}
	if rest.N <= 0 {
		return true, errors.New("staff: removed accounts: the file is too large")
	}
	return found, nil
}
