package staff

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/vendormessage"
)

const (
	maxMessageBody = 32 << 10
	maxMessages    = 100 // in the list of sent ones
	maxHours       = 720
)

// messages answers with the messages that were sent to devices of this
// person's regions.
func (d *Desk) messages(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	list, err := d.Data.Messages(r.Context(), who.Regions, maxMessages)
	d.reply(w, list, err)
}

// sendMessage signs a message with the vendor's key and has it sent. Whom it
// may go to is bounded by the sender's regions, whatever the request says; the
// text is held against the rule that the devices hold it against too.
func (d *Desk) sendMessage(w http.ResponseWriter, r *http.Request, who cloudapi.Staff) {
	var m cloudapi.MessageRequest
	if !web.Decode(w, r, &m, maxMessageBody) {
		return
	}
	regions, code, why := d.addressed(r, who, m)
	if code != "" {
		web.Fail(w, http.StatusForbidden, code, why)
		return
	}
	if m.Hours < 1 || m.Hours > maxHours {
		web.Fail(w, http.StatusBadRequest, "hours", fmt.Sprintf("A message lives between 1 and %d hours.", maxHours))
		return
	}
	now := d.Now()
	var refused error
	reply, err := d.Data.AddMessage(r.Context(), data.Draft{
		Who: who, Request: m, Regions: regions, ExpiresMS: now.Add(time.Duration(m.Hours) * time.Hour).UnixMilli(),
		Sign: func(number uint64, regions []string) (string, []byte, error) {
			id := "m-" + strings.ToLower(rand.Text()[:20])
			var signed []byte
			signed, refused = vendormessage.Sign(vendormessage.Message{
				ID: id, Number: number, Issued: now, Expires: now.Add(time.Duration(m.Hours) * time.Hour), Severity: m.Severity,
				To: to(m, regions), Texts: textsOf(m),
			}, d.Vendor, d.Phones...)
			return id, signed, refused
		},
	})
	switch {
	case refused != nil:
		code := "message"
		var text *vendormessage.TextError
		if errors.As(refused, &text) {
			code = "text-" + text.Code
		}
		web.Fail(w, http.StatusBadRequest, code, "This message cannot be sent: "+refused.Error()+".")
		return
	case errors.Is(err, data.ErrNobody):
		web.Fail(w, http.StatusNotFound, "nobody", "There is no such device in your regions.")
		return
	case err == nil:
		d.Log.Info("message to technicians", "id", reply.ID, "devices", reply.Devices)
		d.Send()
	}
	d.reply(w, reply, err)
}

// addressed gives the regions that a message may go to, or the code and the text
// of why it may not go.
func (d *Desk) addressed(r *http.Request, who cloudapi.Staff, m cloudapi.MessageRequest) (regions []string, code, why string) {
	given := 0
	for _, target := range []string{m.Device, m.Group, m.Region} {
		if target != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, "target", "A message goes to one device, or to one group, or to one region."
	case m.Device != "":
		device, err := d.Data.Device(r.Context(), m.Device)
		if err != nil || !d.Reaches(r.Context(), who, device.ID, device.Region) {
			return nil, "nobody", "There is no such device in your regions."
		}
		return []string{device.Region}, "", ""
	case len(who.Sites) > 0: // a region or a group holds other sites too
		return nil, "sites-only", "You are assigned to some sites alone: write to one device."
	case m.Region != "":
		if !Trained(who, m.Region) {
			return nil, "not-trained", "You are not trained for this region."
		}
		return []string{m.Region}, "", ""
	case len(who.Regions) == 0:
		return nil, "not-trained", "You are not trained for any region."
	}
	return who.Regions, "", ""
}

func to(m cloudapi.MessageRequest, regions []string) vendormessage.To {
	switch {
	case m.Device != "":
		return vendormessage.To{Device: m.Device}
	case m.Group != "":
		return vendormessage.To{Group: m.Group, Regions: regions}
	default:
		return vendormessage.To{Regions: regions}
	}
}

// textsOf: of two texts in one language neither is meant.
func textsOf(m cloudapi.MessageRequest) map[string]vendormessage.Text {
	texts := map[string]vendormessage.Text{}
	for _, t := range m.Texts {
		if _, twice := texts[t.Language]; twice {
			return nil
		}
		texts[t.Language] = vendormessage.Text{Title: t.Title, Text: t.Text}
	}
	return texts
}
