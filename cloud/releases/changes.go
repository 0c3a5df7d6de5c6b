package releases

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/release"
)

// Changes says in lines what the drafts change: what a holder is about to sign.
func (r Repository) Changes() ([]string, error) {
	d, err := r.drafts()
	if err != nil {
		return nil, err
	}
	var lines []string
	if d.root != nil {
		lines = append(lines, filepath.Base(d.rootFile)+", expires "+d.root.Signed.Expires.Format(time.DateOnly))
		lines = append(lines, rootChanges(d.before, d.root)...)
	}
	if d.targets != nil {
		before := map[string]*metadata.TargetFiles{}
		if d.before != nil {
			published, _, _, err := r.published()
			if err != nil {
				return nil, err
			}
			before = published.Signed.Targets
		}
		lines = append(lines, filepath.Base(d.targetsFile)+", expires "+d.targets.Signed.Expires.Format(time.DateOnly))
		more, err := targetChanges(before, d.targets.Signed.Targets)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	return lines, nil
}

func rootChanges(before, next *metadata.Metadata[metadata.RootType]) []string {
	had := map[string]bool{}
	if before != nil {
		for role, r := range before.Signed.Roles {
			for _, id := range r.KeyIDs {
				had[role+"  "+id] = true
			}
		}
	}
	var lines []string
	for _, role := range slices.Sorted(maps.Keys(next.Signed.Roles)) {
		r := next.Signed.Roles[role]
		lines = append(lines, fmt.Sprintf("  %s: %d of %d keys", role, r.Threshold, len(r.KeyIDs)))
		for _, id := range r.KeyIDs {
			line := role + "  " + id
			if !had[line] {
				lines = append(lines, "  + "+line)
			}
			delete(had, line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(had)) {
		lines = append(lines, "  - "+line)
	}
	return lines
}

func targetChanges(before, next map[string]*metadata.TargetFiles) ([]string, error) {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(next)) {
		target := next[name]
		sign := "  + "
		if old := before[name]; old != nil {
			if old.Equal(*target) && sameCustom(old.Custom, target.Custom) {
				continue
			}
			sign = "  ! " // a release that is published is never replaced
		}
		line := fmt.Sprintf("%s%s  %d bytes  %s", sign, name, target.Length, target.Hashes["sha256"])
		if target.Custom != nil {
			var about release.Release
			if err := json.Unmarshal(*target.Custom, &about); err != nil {
				return nil, fmt.Errorf("releases: description of %s: %w", name, err)
			}
			line += "  " + describe(about)
		}
		lines = append(lines, line)
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if next[name] == nil {
			lines = append(lines, "  - "+name)
		}
	}
	return lines, nil
}

func sameCustom(a, b *json.RawMessage) bool {
	return a == nil && b == nil || a != nil && b != nil && sameJSON(*a, *b)
}

// describe is what a release says of itself, as far as it is more than a name.
func describe(r release.Release) string {
	words := []string{"channel " + r.Channel}
	if r.Mandatory {
		words = append(words, "MANDATORY")
	}
	if len(r.Lines) > 0 {
		words = append(words, "for "+strings.Join(r.Lines, ", "))
	}
	if len(r.Capabilities) > 0 {
		words = append(words, "brings "+strings.Join(r.Capabilities, ", "))
	}
	if r.Digest != "" {
		words = append(words, "release "+r.Digest)
	}
	return strings.Join(words, "; ")
}
