package files

import "math"

// Growing is a file whose size and sum are told at its end. Like Incoming it
// cannot be seen before, and replaces nothing.
type Growing struct{ in *Incoming }

// Grow begins a file in a folder, which is made when it is missing. The name
// must be safe already.
func Grow(folder, name string) (*Growing, error) {
	in, err := Save(folder, name, math.MaxInt64, "")
	if err != nil {
		return nil, err
	}
	return &Growing{in}, nil
}

// Write adds bytes.
func (g *Growing) Write(b []byte) (int, error) { return g.in.Write(b) }

// Finish holds what lies on the disk against its sum, SHA-256 in hex, and only
// then lets it be seen, under its name or a numbered one.
func (g *Growing) Finish(sha256 string) (name string, err error) {
	g.in.size, g.in.sha = g.in.done, sha256
	return g.in.Finish()
}

// Drop forgets the file. After Finish it does nothing.
func (g *Growing) Drop() { g.in.Drop() }
