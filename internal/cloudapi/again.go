package cloudapi

// What a device can send again, and what the cloud asks for of it: a cloud that
// was put back from a backup lacks what devices sent afterwards and were told
// was kept. Neither side waits for the other; one that does not know the
// exchange drops its messages.
const (
	KindKept  = "kept"  // device → cloud: Kept, once after connecting, while there is something
	KindAgain = "again" // cloud → device: Again, the answer where something is missing
)

// AgainVersion of Kept and Again. Of another one nothing is taken.
const AgainVersion = 1

// MaxAgain is how many ranges an Again has at most, the highest ones. The rest
// is asked for after the next connection, where those came.
const MaxAgain = 64

// Kept says which numbered messages a device can send again. Between Oldest and
// Newest some may be missing: what a newer state took the place of, and help
// logs.
type Kept struct {
	V      int    `json:"v"`
	Epoch  string `json:"epoch"`
	Oldest uint64 `json:"oldest"` // lowest number that is there
	Newest uint64 `json:"newest"` // highest number that was acknowledged
}

// Again asks for messages once more. Those that are kept come in their order,
// with their own numbers.
type Again struct {
	V      int     `json:"v"`
	Epoch  string  `json:"epoch"`
	Ranges []Range `json:"ranges"` // ascending, at most MaxAgain
}

// Range is a range of numbers, both ends among them.
type Range struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}
