package staff

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// maxSessions in an engineer's own record.
const maxSessions = 50

// sessions answers with the caller's own part of the record. Whose it is comes
// from the sign-in alone; the call takes no parameter (P24).
func (d *Desk) sessions(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	list, err := d.record(r.Context(), who)
	d.reply(w, list, err)
}

func (d *Desk) record(ctx context.Context, who cloudapi.Staff) ([]cloudapi.StaffSession, error) {
	joined, err := d.Data.JoinedBy(ctx, who.Account, who.Regions, maxSessions)
	if err != nil {
		return nil, err
	}
	list := make([]cloudapi.StaffSession, 0, len(joined))
	for _, j := range joined {
		log, more, err := d.Data.SessionLog(ctx, j.Device, j.Request)
		if err != nil {
			return nil, err
		}
		s := session(j, ownPart(who.Account, j.Alone, log))
		s.More = more
		list = append(list, s)
	}
	return list, nil
}

// ownPart keeps of one request's log what is account's. A device says whose an
// event is, and is asked only about people who were given a certificate for
// this very request; what it says of anybody else is kept and shown to nobody
// as theirs. What names nobody, neither itself nor by its session, is the
// request's own, or the doing of the only engineer there was.
func ownPart(account string, alone bool, log []data.LoggedEvent) []data.LoggedEvent {
	whose := map[string]string{} // session → engineer
	for _, e := range log {
		if e.Session != "" && whose[e.Session] == "" {
			whose[e.Session] = e.Engineer
		}
	}
	var own []data.LoggedEvent
	for _, e := range log {
		who := cmp.Or(e.Engineer, whose[e.Session])
		ofRequest := e.Session == "" && (e.Kind == "code-issued" || e.Kind == "ended")
		if who == account || (who == "" && (alone || ofRequest)) {
			own = append(own, e)
		}
	}
	return own
}

// session makes one row of the record out of an engineer's own events.
func session(j data.Joined, own []data.LoggedEvent) cloudapi.StaffSession {
	s := cloudapi.StaffSession{
		Request: j.Request, Device: j.Device, Serial: j.Serial, Type: j.Type, Region: j.Region, JoinedMS: j.JoinedMS,
		Open: j.Open, Events: make([]cloudapi.StaffEvent, 0, len(own)),
	}
	for _, e := range own {
		s.Session = cmp.Or(s.Session, e.Session)
		s.Ticket = cmp.Or(s.Ticket, e.Fields["ticket"])
		s.Reason = cmp.Or(s.Reason, e.Fields["reason"])
		switch e.Kind {
		case "authenticated":
			s.BegunMS = cmp.Or(s.BegunMS, e.AtMS)
		case "ended":
			why := e.Fields["why"]
			s.EndedMS, s.EndedWhy, s.EndedBy = e.AtMS, why, endedBy(e.Fields["by"], why)
		}
		s.Events = append(s.Events, cloudapi.StaffEvent{Kind: e.Kind, TimeMS: e.AtMS, DeviceMS: e.TimeMS, Fields: e.Fields})
	}
	return s
}

// endedBy tells whose act the end was: what the device says, or what follows
// from why.
func endedBy(said, why string) string {
	if slices.Contains([]string{"technician", "engineer", "service"}, said) {
		return said
	}
	switch why {
	case "technician", "kill-key", "tray", "cancelled", "network-unplugged":
		return "technician"
	case "engineer":
		return "engineer"
	}
	return "service"
}
