package lean

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// span is a range of addresses.
type span struct{ from, to uintptr }

// untouched reads from Linux's smaps which ranges are pages of the file program
// as they stand in it: they cannot be written, and none was changed and kept
// (as relocations are, which would be lost).
func untouched(smaps io.Reader, program string) ([]span, error) {
	var found []span
	var at span
	var candidate bool
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		line := lines.Text()
		if name, value, is := strings.Cut(line, ":"); is && !strings.ContainsAny(name, " -") {
			if name == "Anonymous" && candidate && strings.TrimSpace(value) == "0 kB" {
				found = append(found, at)
			}
			continue
		}
		fields := strings.SplitN(line, " ", 6)
		if len(fields) < 5 {
			return nil, fmt.Errorf("smaps: %q", line)
		}
		from, to, _ := strings.Cut(fields[0], "-")
		first, err := strconv.ParseUint(from, 16, 64)
		if err != nil {
			return nil, fmt.Errorf("smaps: %w", err)
		}
		end, err := strconv.ParseUint(to, 16, 64)
		if err != nil {
			return nil, fmt.Errorf("smaps: %w", err)
		}
		at = span{uintptr(first), uintptr(end)}
		rights := fields[1]
		candidate = len(fields) == 6 && end > first && (rights == "r-xp" || rights == "r--p") && strings.TrimLeft(fields[5], " ") == program
	}
	return found, lines.Err()
}
