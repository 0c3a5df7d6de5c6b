package datasheet

import (
	"reflect"

	"beckmanconnect/internal/cloudapi"
)

// toCloud is what the PC says, message by message.
func toCloud() []Message {
	return []Message{
		{
			Name: "registration", Direction: ToCloud, When: "once, on a click; again when it is changed", Retention: noLimit, Region: regional,
			kind: reflect.TypeFor[cloudapi.RegisterRequest](),
			Fields: []Field{
				field("v", "version of the message"),
				field("csr", "the device's public key, signed by itself"),
				personal("email", "who answers for the instrument; sealed in the cloud"),
				personal("name", "who answers for the instrument, as engineers read it; sealed in the cloud"),
				field("instrumentType", "which instrument it is"),
				field("serial", "which instrument it is"),
				field("region", "whose staff may help"),
				field("termsVersion", "which terms were accepted"),
				field("logVerifier", "public key of the PC's log, for its witness"),
				field("logBinding", "the device key's word for that key"),
				field("machine", "a hash that tells two PCs with the same identity apart; nothing of the PC can be read out of it"),
			},
		},
		{
			Name: "envelope", Direction: ToCloud, When: "around each of the following", Retention: "number and epoch: the newest, to count each message once", Region: regional,
			kind: reflect.TypeFor[cloudapi.Envelope](),
			Fields: []Field{
				field("v", "version of the message"),
				field("kind", "which of the following it is"),
				field("epoch", "names the PC's database; random"),
				field("seq", "number, so that a message counts once"),
				field("time", "the PC's clock"),
				kept(field("body", "the message itself"), "as the message says"),
			},
		},
		{
			Name: "status", Direction: ToCloud, When: "on connecting and on change", Retention: replaced, Region: regional,
			kind: reflect.TypeFor[cloudapi.Status](),
			Fields: []Field{
				field("version", "which version runs"),
				field("class", "whether the instrument holds patient data"),
				field("run", "whether a run is in progress"),
				field("open", "how many notifications are open"),
				field("worst", "severity of the worst of them"),
				field("phase", "whether help is asked for or given"),
				field("termsOk", "whether the terms are accepted"),
				field("machine", "tells two PCs with the same identity apart, as at registration"),
				field("boot", "names this start of the service; random"),
				field("channel", "which releases it takes: stable or pilot"),
			},
		},
		{
			Name: "notification", Direction: ToCloud, When: "raised or changed", Retention: noLimit, Region: regional,
			kind: reflect.TypeFor[cloudapi.Notification](),
			Fields: []Field{
				field("id", "which one it is"),
				field("code", "what it is about; of the product's or the profile's list"),
				field("severity", "info, low, medium, high"),
				field("state", "raised, acknowledged, put away, over"),
				field("source", "which part raised it"),
				field("subject", "which part of instrument or PC"),
				field("title", "English, from the product's or the profile's texts; words of local programs never"),
				field("count", "how often"),
				field("raisedMs", "when it was raised"),
				field("lastMs", "when it changed last"),
				field("acknowledgedMs", "when it was acknowledged; not by whom"),
				field("seenMs", "when it was seen; not by whom"),
				field("escalatedMs", "when nobody had acknowledged it in time"),
				field("shelvedUntilMs", "until when it is put away"),
				field("group", "the group it stands in"),
				field("members", "how many are in a group"),
				field("chatters", "it comes and goes"),
				field("verified", "the source is verified"),
				field("sample", "of a profile made without a real log"),
			},
		},
		{
			Name: "digest", Direction: ToCloud, When: "once the link is back after more than five minutes", Retention: noLimit, Region: regional,
			kind: reflect.TypeFor[cloudapi.Digest](),
			Fields: []Field{
				field("fromMs", "from when"), field("toMs", "to when"),
				field("raised", "how many were raised meanwhile, by severity"),
				field("open", "how many of those are still open"),
				field("waiting", "how many messages follow"),
			},
		},
		helpRequest(),
		sessionEvent(),
		{
			Name: "help logs", Direction: ToCloud, When: "with a request for help, after the technician looked at the text and clicked; never from an instrument with patient data",
			Retention: "until 30 days after the request is over, 20 a device at most", Region: regional + ", each look on record",
			kind: reflect.TypeFor[cloudapi.HelpLogs](),
			Fields: []Field{
				field("request", "which request it belongs to"),
				field("sha256", "that it is the text the technician saw"),
				field("lines", "how many lines"),
				personal("text", "lines of the instrument's log around the alarm, at most 48 KiB, scrubbed; some patient data may remain; sealed in the cloud"),
			},
		},
		checkpoint("checkpoint", ToCloud, "when the log has grown, every half minute at most", noLimit, regional, reflect.TypeFor[cloudapi.Checkpoint]()),
		{
			Name: "kept", Direction: ToCloud, When: "on connecting, while messages are kept that the cloud acknowledged", Retention: nowhere, Region: regional,
			kind: reflect.TypeFor[cloudapi.Kept](),
			Fields: []Field{
				field("v", "version of the message"), field("epoch", "names the PC's database; random"),
				field("oldest", "lowest number that can be sent again; kept for 30 days, 20,000 numbers, 32 MiB"), field("newest", "highest number that can be"),
			},
		},
	}
}

func helpRequest() Message {
	return Message{
		Name: "request for help", Direction: ToCloud, When: "asked for on a click, changed or withdrawn", Retention: noLimit, Region: regional,
		kind: reflect.TypeFor[cloudapi.Request](),
		Fields: []Field{
			field("id", "names the request and the relay's meeting point; random"),
			field("device", "empty; filled in by the cloud from the device's certificate"),
			field("serial", "empty; filled in by the cloud from the registration"),
			field("type", "empty; filled in by the cloud from the registration"),
			field("region", "empty; filled in by the cloud from the registration"),
			personal("technician", "empty; filled in by the cloud from the registration"),
			field("state", "waiting, connected, ended"),
			personal("reason", "what the technician typed or chose; sealed in the cloud"),
			field("alarmCode", "the alarm it is about"),
			field("version", "of the product on the PC"),
			field("profile", "name and revision of the instrument's profile"),
			field("hasLogs", "empty; filled in by the cloud"),
			field("sinceMs", "since when"), field("expiresMs", "until when"),
		},
	}
}

func sessionEvent() Message {
	return Message{
		Name: "session event", Direction: ToCloud, When: "each step of a support session: asked, answered, ended (P14, P24)", Retention: noLimit, Region: regional + ", each engineer's own part alone",
		kind: reflect.TypeFor[cloudapi.SessionEvent](),
		Fields: []Field{
			field("request", "which request"), field("session", "which session; random"),
			field("kind", "which step"),
			personal("engineer", "the engineer's account; sealed in the cloud"),
			personal("fields", "of the step: capability, why, duration, ticket, the engineer's reason, a file's name, size and SHA-256; never the code, a picture, input, chat or what was copied; sealed in the cloud"),
		},
	}
}

func checkpoint(name string, to Direction, when, retention, region string, kind reflect.Type) Message {
	return Message{
		Name: name, Direction: to, When: when, Retention: retention, Region: region, kind: kind,
		Fields: []Field{
			field("note", "size and root hash of the PC's log, signed; no entry"),
			field("verifier", "public key of the log"),
			field("binding", "the device key's word for that key"),
			field("old", "size that the proof starts from"),
			field("proof", "hashes that show that the log only grew"),
		},
	}
}

// toPC is what the cloud says. None of it grants, approves or loosens anything.
func toPC() []Message {
	return []Message{
		{
			Name: "registered", Direction: ToPC, When: "the answer to a registration", Retention: noLimit, Region: onPC + " and " + regional, kind: reflect.TypeFor[cloudapi.RegisterReply](),
			Fields: []Field{field("deviceId", "the device's name, made from its public key"), field("certificate", "the device's certificate"), field("ca", "the authority above it"), field("confirm", "that help waits for the link in the mail to who registered")},
		},
		{
			Name: "refused", Direction: ToPC, When: "instead of an answer over HTTPS", Retention: nowhere, Region: onPC, kind: reflect.TypeFor[cloudapi.Error](),
			Fields: []Field{field("code", "why, for programs"), field("message", "why, in English")},
		},
		{
			Name: "signed time", Direction: ToPC, When: "on connecting and every so often", Retention: nowhere, Region: onPC, kind: reflect.TypeFor[cloudapi.SignedTime](),
			Fields: []Field{field("note", "the vendor's time, signed: the only time that counts as trusted")},
		},
		{
			Name: "vendor policy", Direction: ToPC, When: "on connecting and on change", Retention: "the newest", Region: onPC + " and the cloud", kind: reflect.TypeFor[cloudapi.VendorPolicy](),
			Fields: []Field{personal("note", "what the vendor switches off, and accounts and certificates of engineers that are revoked; signed; it can only narrow")},
		},
		{
			Name: "message to technicians", Direction: ToPC, When: "when staff send one", Retention: "400 days after it is over", Region: onPC + " and " + regional, kind: reflect.TypeFor[cloudapi.VendorMessage](),
			Fields: []Field{personal("note", "plain text, addressed and signed; no links")},
		},
		{
			Name: "place in the queue", Direction: ToPC, When: "while help is asked for, on connecting and on change", Retention: nowhere, Region: onPC, kind: reflect.TypeFor[cloudapi.QueuePlace](),
			Fields: []Field{
				field("request", "which call for help"), field("case", "the case number, for the phone"),
				field("place", "how many are before it"), field("waiting", "how many wait"),
				personal("taken", "who of the vendor's staff has taken it"),
			},
		},
		{
			Name: "standing", Direction: ToPC, When: "on connecting and on change", Retention: nowhere, Region: onPC, kind: reflect.TypeFor[cloudapi.Standing](),
			Fields: []Field{field("confirmed", "who registered it followed the link in the mail"), field("help", "whether a request for help is taken in")},
		},
		{
			Name: "witnessed", Direction: ToPC, When: "the answer to a checkpoint", Retention: "the newest", Region: onPC + " and the cloud", kind: reflect.TypeFor[cloudapi.Witnessed](),
			Fields: []Field{
				field("origin", "which log"), field("size", "the newest checkpoint that was cosigned"),
				field("note", "that checkpoint with the cosignature"), field("code", "why nothing was cosigned"),
			},
		},
		{
			Name: "again", Direction: ToPC, When: "where the cloud lacks what it acknowledged, after a backup was restored; answered once a connection, with the same messages as before",
			Retention: nowhere, Region: onPC, kind: reflect.TypeFor[cloudapi.Again](),
			Fields: []Field{field("v", "version of the message"), field("epoch", "names the PC's database"), field("ranges", "which numbers are asked for")},
		},
	}
}
