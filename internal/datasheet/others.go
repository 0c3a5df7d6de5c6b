package datasheet

// others is what travels in a form of its own: words stand for its fields.
func others() []Message {
	session := func(name, when string, fields ...Field) Message {
		return Message{Name: name, Direction: EndToEnd, When: when, Retention: "not kept by the vendor's cloud: the relay carries bytes it has no key for", Region: "the PC and the engineer's computer; the relay of the PC's region in between", Fields: fields}
	}
	witness := checkpoint("hospital's witness", ToWitness, "as the checkpoint to the cloud; only where the signed site policy names a witness", "as the hospital decides", "the hospital", nil)
	witness.Fields = witness.Fields[:1:1]
	witness.Fields = append(witness.Fields, field("old", "size that the proof starts from"), field("proof", "hashes that show that the log only grew"))
	return []Message{
		{
			Name: "presence", Direction: ToCloud, When: "the link comes up or goes down; by the connection itself", Retention: "400 days, and the newest change", Region: regional,
			Fields: []Field{field("online", "whether the PC is connected, and since when (P14)"), kept(field("address", "network address of the connection, as of any"), "in memory, to limit registrations and sign-ins")},
		},
		{
			Name: "upgrades", Direction: ToCloud, When: "every four hours, or as the site's policy says", Retention: nowhere, Region: "the cloud or the site's mirror",
			Fields: []Field{field("path", "which file of the repository is fetched; no identity goes with it")},
		},
		witness,
		session("view", "under a lease that the technician gave", personal("picture", "the screen, without our own windows and what the profile masks; patient data may be visible"), field("cursor", "shape and place of the pointer")),
		session("control", "under a lease that the technician gave", personal("input", "the engineer's keys and mouse")),
		session("files", "each asked for", personal("file", "name, size, SHA-256 and contents, scanned on the PC; never with an instrument that holds patient data")),
		session("clipboard", "each direction asked for; needs a signed site policy", personal("text", "what is copied while the console has the focus, at most 64 KiB")),
		session("chat", "needs a signed site policy", personal("text", "what either side types; the PC's log keeps it encrypted")),
		session("pointer", "needs a signed site policy", field("place", "where the engineer points")),
		session("proof of the code", "once a try", field("data", "CPace's share and confirmation; the code itself does not travel")),
	}
}
