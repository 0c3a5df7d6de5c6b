// Package sounds holds what the product is heard by. Each sound says something
// that is also seen. They are made by build/sounds; run go generate here after
// changing it.
package sounds

import _ "embed"

//go:generate go run beckmanconnect/build/sounds -out .

// WAV files: 16 bits, one channel. They must not be changed.
var (
	//go:embed alarm.wav
	Alarm []byte // a notification of the highest class
	//go:embed question.wav
	Question []byte // an engineer asks for something
)
