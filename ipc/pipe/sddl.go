package pipe

import (
	"fmt"
	"slices"
	"strings"
)

// clientAccess is generic read and write of a pipe without FILE_APPEND_DATA
// (0x4), which on a pipe is FILE_CREATE_PIPE_INSTANCE: a client with that
// right could become a server of the same name.
const clientAccess = 0x12019b

const (
	sidSystem = "S-1-5-18"
	sidAdmins = "BA"
	sidUsers  = "IU" // whoever is logged on interactively, by console or remote desktop
)

// sddl is the security descriptor of the pipe: owned by the server's account,
// inherited from nobody, no network log-ons, nothing below medium integrity.
// Windows keeps the order; the refusal stands first.
func sddl(owner string, c Config) (string, error) {
	if !isSID(owner) {
		return "", fmt.Errorf("%w: owner %q is not a SID", ErrName, owner)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "O:%sG:%sD:P(D;;GA;;;NU)(A;;GA;;;%s)", owner, owner, owner)
	clients := []string{sidAdmins}
	if c.Users {
		clients = append(clients, sidUsers)
	}
	for _, a := range c.Accounts {
		if !isSID(a) {
			return "", fmt.Errorf("%w: account %q is not a SID", ErrName, a)
		}
		if !slices.Contains(clients, a) && a != owner {
			clients = append(clients, a)
		}
	}
	for _, sid := range clients {
		fmt.Fprintf(&b, "(A;;%#x;;;%s)", clientAccess, sid)
	}
	b.WriteString("S:(ML;;NWNR;;;ME)")
	return b.String(), nil
}

// isSID keeps anything out of the descriptor that could add an entry to it.
func isSID(s string) bool {
	rest, ok := strings.CutPrefix(s, "S-1-")
	return ok && rest != "" && strings.Trim(rest, "0123456789-") == ""
}

// checkPipeName accepts \\.\pipe\name with a plain name: no server, no
// nested or protected prefix, nothing that means another object.
func checkPipeName(path string) error {
	name, ok := strings.CutPrefix(path, `\\.\pipe\`)
	if !ok || name == "" || len(name) > 200 {
		return fmt.Errorf(`%w: \\.\pipe\NAME is needed`, ErrName)
	}
	for _, r := range name {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
		if !plain {
			return fmt.Errorf("%w: %q in the name", ErrName, r)
		}
	}
	return nil
}

// serverFacts is what a client learns about the server of a pipe.
type serverFacts struct {
	owner   string // of the pipe object: only that account could have made it
	process string // account of the server process, empty when it may not be looked at
}

// check decides whether the pipe is the service's. Nobody can make another
// account (or SYSTEM) the owner without a right that only administrators
// have. A process that can be looked at has to fit as well; a service's can
// usually not be by an ordinary user.
func (f serverFacts) check(own, service string, acceptOwn bool) error {
	allowed := func(sid string) bool {
		return sid != "" && (sid == sidSystem || sid == service || acceptOwn && sid == own)
	}
	if !allowed(f.owner) {
		return fmt.Errorf("%w: the pipe belongs to %s", ErrUntrusted, orNobody(f.owner))
	}
	if f.process != "" && !allowed(f.process) {
		return fmt.Errorf("%w: the server runs as %s", ErrUntrusted, f.process)
	}
	return nil
}

// holder decides what it means that the name is taken: by a server of this
// account or of the system, which is another start of the service, or by
// somebody who has put something in its place (scenario 1). An owner that is not
// known is not ours.
func (f serverFacts) holder(own string) error {
	if f.owner != "" && (f.owner == own || f.owner == sidSystem) {
		return ErrInUse
	}
	return fmt.Errorf("%w: it belongs to %s", ErrSquatted, orNobody(f.owner))
}

func orNobody(sid string) string {
	if sid == "" {
		return "nobody"
	}
	return sid
}
