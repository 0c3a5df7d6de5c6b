package cases

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/rights"
	"beckmanconnect/internal/cloudapi"
)

const maxNote = 2000 // characters

// ticket numbers: what trackers use, and nothing that is read as markup, as a
// formula or as a path.
var ticket = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9 ._/#:-]{0,38}[A-Za-z0-9])?$`)

func byName(a, b cloudapi.Colleague) int {
	return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Account, b.Account))
}

// Act does something on a case on somebody's behalf, or refuses it with a
// *Refusal, and gives the case as it is then.
func (s *Service) Act(ctx context.Context, who cloudapi.Staff, a cloudapi.CaseAct, from netip.Addr) (cloudapi.Case, error) {
	c, err := s.find(ctx, who, a.Case)
	if err != nil {
		return cloudapi.Case{}, err
	}
	switch a.Act {
	case cloudapi.ActTake:
		err = s.take(ctx, who, c, from)
	case cloudapi.ActGiveBack:
		err = s.giveBack(ctx, who, c, from)
	case cloudapi.ActHandOver:
		err = s.handOver(ctx, who, c, a.To, from)
	case cloudapi.ActInvite:
		err = s.invite(ctx, who, c, a.To, from)
	case cloudapi.ActNote:
		err = s.note(ctx, who, c, a.Text, a.Note, from)
	case cloudapi.ActTicket:
		err = s.ticket(ctx, who, c, a.Text, from)
	case cloudapi.ActEnd:
		err = s.end(ctx, who, c, from)
	default:
		err = refuse("act", "There is no such act on a case.")
	}
	if err != nil {
		if errors.Is(err, data.ErrHeld) {
			err = errTaken
		}
		return cloudapi.Case{}, err
	}
	s.tell()
	c, err = s.find(ctx, who, a.Case)
	if err != nil {
		return cloudapi.Case{}, err
	}
	return c.For(who.Account), nil
}

func (s *Service) take(ctx context.Context, who cloudapi.Staff, c *data.Case, from netip.Addr) error {
	switch {
	case !s.reach(who, rights.Help, c):
		return errForbidden
	case c.Held(who.Account):
		return nil
	case c.State == "ended":
		return refuse("over", "The technician does not wait any more.")
	}
	if err := s.freed(ctx, c); err != nil {
		return err
	}
	if err := s.Data.TakeCase(ctx, c.Number, who); err != nil {
		return err
	}
	return s.tookCase(ctx, who, c.Number, from)
}

// freed gives a case back whose holder's account was removed, unless they are
// in session.
func (s *Service) freed(ctx context.Context, c *data.Case) error {
	if c.Holder == nil || c.State == "connected" || s.Removed == nil || !s.Removed(c.Holder.Account) {
		return nil
	}
	err := s.Data.GiveBackCase(ctx, c, cloudapi.Staff{})
	if errors.Is(err, data.ErrHeld) {
		return nil // somebody was quicker
	}
	return err
}

// tookCase puts it on record that somebody has taken a case. Who wins is known
// only afterwards; where it cannot be put on record it is given back.
func (s *Service) tookCase(ctx context.Context, who cloudapi.Staff, number string, from netip.Addr) error {
	c, err := s.Data.CaseOf(ctx, number)
	if err == nil {
		if err = s.emit(ctx, events.CaseTaken, events.Info, who, c, from, "act", cloudapi.ActTake); err != nil {
			return errors.Join(err, s.Data.GiveBackCase(context.WithoutCancel(ctx), c, who))
		}
	}
	s.tell()
	return err
}

// giveBack: one's own, or anybody's by a lead.
func (s *Service) giveBack(ctx context.Context, who cloudapi.Staff, c *data.Case, from netip.Addr) error {
	switch {
	case c.Holder == nil:
		return refuse("not-taken", "Nobody has this case.")
	case !s.mine(who, c, rights.Help) && !s.reach(who, rights.Assign, c):
		return errForbidden
	case c.State == "connected":
		return refuse("in-session", "A session runs; end it or hand the case over.")
	}
	if err := s.emit(ctx, events.CaseHandedOver, events.Info, who, c, from, "act", cloudapi.ActGiveBack, "from", c.Holder.Account); err != nil {
		return err
	}
	if err := s.Data.GiveBackCase(ctx, c, who); err != nil {
		return err
	}
	s.Unseat(c.Request)
	return nil
}

// mine: the case is theirs, and they may do this.
func (s *Service) mine(who cloudapi.Staff, c *data.Case, act rights.Act) bool {
	return c.Held(who.Account) && s.reach(who, act, c)
}

// handOver gives a case to a named colleague: one's own, or anybody's by a
// lead. A session that runs ends first: what the technician granted was granted
// to a person, and the next one is asked for by a new code.
func (s *Service) handOver(ctx context.Context, who cloudapi.Staff, c *data.Case, account string, from netip.Addr) error {
	lead := s.reach(who, rights.Assign, c)
	if !lead && !s.mine(who, c, rights.HandOver) {
		return errForbidden
	}
	to, err := s.named(ctx, account, c)
	if err != nil {
		return err
	}
	was := ""
	if c.Holder != nil {
		was = c.Holder.Account
	}
	if err := s.emit(ctx, events.CaseHandedOver, events.Notice, who, c, from, "act", cloudapi.ActHandOver, "from", was, "to", to.Account); err != nil {
		return err
	}
	if c.State == "connected" && !c.Helping(to.Account) {
		if err := s.stop(ctx, who, c, from, "handed-over"); err != nil {
			return err
		}
	}
	if err := s.Data.HandOverCase(ctx, c, who, to); err != nil {
		return err
	}
	// Who typed the code just now does it no more.
	s.Unseat(c.Request)
	return nil
}

// invite lets a colleague read, note, and come in by the next code.
func (s *Service) invite(ctx context.Context, who cloudapi.Staff, c *data.Case, account string, from netip.Addr) error {
	if !s.mine(who, c, rights.HandOver) && !s.reach(who, rights.Assign, c) {
		return errForbidden
	}
	to, err := s.named(ctx, account, c)
	if err != nil {
		return err
	}
	if c.Guest(to.Account) {
		return nil
	}
	if err := s.emit(ctx, events.CaseInvited, events.Notice, who, c, from, "to", to.Account); err != nil {
		return err
	}
	return s.Data.InviteToCase(ctx, c.Number, who, to)
}

// named gives a colleague that the case may be given to.
func (s *Service) named(ctx context.Context, account string, c *data.Case) (cloudapi.Staff, error) {
	staff, err := s.staff(ctx)
	if err != nil {
		return cloudapi.Staff{}, err
	}
	i := slices.IndexFunc(staff, func(p cloudapi.Staff) bool { return p.Account == account })
	switch {
	case i < 0 || account == "" || !s.receives(staff[i], c):
		// Who it may not go to and who is unknown are told apart for nobody.
		return cloudapi.Staff{}, refuse("not-them", "This person may not help with this instrument.")
	case c.Held(account):
		return cloudapi.Staff{}, refuse("theirs", "They have this case.")
	}
	return staff[i], nil
}

// note keeps a note; one's own may be amended, and stays as it was beside it.
func (s *Service) note(ctx context.Context, who cloudapi.Staff, c *data.Case, text string, amends int64, from netip.Addr) error {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case !s.reach(who, rights.Help, c):
		return errForbidden
	case !plain(text) || amends < 0:
		return refuse("note", "A note is plain text of 1 to "+strconv.Itoa(maxNote)+" characters.")
	}
	if err := s.emit(ctx, events.CaseNoted, events.Info, who, c, from, "act", cloudapi.ActNote, "amends", strconv.FormatInt(amends, 10)); err != nil {
		return err
	}
	err := s.Data.AddCaseNote(ctx, c.Number, who, text, amends)
	switch {
	case errors.Is(err, data.ErrFull):
		return refuse("full", "This case has too many notes.")
	case errors.Is(err, data.ErrAmended):
		return refuse("not-yours", "Only your own note can be amended, and once.")
	}
	return err
}

// plain: nothing in a note moves a reader's cursor or direction (scenario 49).
func plain(text string) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxNote &&
		!strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
}

func (s *Service) ticket(ctx context.Context, who cloudapi.Staff, c *data.Case, text string, from netip.Addr) error {
	lead := s.reach(who, rights.Assign, c)
	switch {
	case !lead && !s.mine(who, c, rights.Help) && !(c.Guest(who.Account) && s.reach(who, rights.Help, c)):
		return errForbidden
	case text != "" && !ticket.MatchString(text):
		return refuse("ticket", "A ticket number has at most 40 letters, digits, spaces and . _ / # : -")
	}
	if err := s.emit(ctx, events.CaseNoted, events.Info, who, c, from, "act", cloudapi.ActTicket, "ticket", text); err != nil {
		return err
	}
	return s.Data.SetTicket(ctx, c.Number, text, who)
}

// end ends the session that runs: one's own, or anybody's by a lead.
func (s *Service) end(ctx context.Context, who cloudapi.Staff, c *data.Case, from netip.Addr) error {
	own := (c.Helping(who.Account) || c.Engineer == nil && c.Held(who.Account)) && s.reach(who, rights.EndOwn, c)
	switch {
	case !own && !s.reach(who, rights.EndAny, c):
		return errForbidden
	case c.State != "connected":
		return errNoSession
	}
	return s.stop(ctx, who, c, from, "ended")
}

func (s *Service) stop(ctx context.Context, who cloudapi.Staff, c *data.Case, from netip.Addr, why string) error {
	if err := s.emit(ctx, events.SessionEnded, events.Notice, who, c, from, "why", why); err != nil {
		return err
	}
	err := s.Data.EndByStaff(ctx, c, who)
	if errors.Is(err, data.ErrNotFound) {
		if why == "handed-over" {
			return nil // it ended by itself meanwhile
		}
		return errNoSession
	}
	if err != nil {
		return err
	}
	s.Cut(c.Request)
	return nil
}

// emit puts an act on record before it is done.
func (s *Service) emit(ctx context.Context, kind events.Kind, severity events.Severity, who cloudapi.Staff, c *data.Case, from netip.Addr, fields ...string) error {
	if s.Events == nil {
		return nil
	}
	e := events.Event{Kind: kind, Severity: severity, Actor: who.Account, Region: c.Region, Device: c.Device, Request: c.Request, Address: from,
		Fields: map[string]string{"case": c.Number}}
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i+1] != "" {
			e.Fields[fields[i]] = fields[i+1]
		}
	}
	return s.Events.Emit(ctx, e)
}

// tell has the consoles and the technicians told that something changed.
func (s *Service) tell() {
	if s.Changed != nil {
		s.Changed()
	}
	s.Moved()
}
