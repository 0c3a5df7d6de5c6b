package ask

// Reading is how much of a question that is higher than its window has been in
// sight, from the top on. What was jumped over was not.
type Reading struct{ to float32 }

// Saw takes in that what lies from top to bottom can be seen.
func (r *Reading) Saw(top, bottom float32) {
	if top <= r.to+1 { // less than a pixel is no gap
		r.to = max(r.to, bottom)
	}
}

// Done says whether all of a question of this height has been in sight.
func (r *Reading) Done(height float32) bool { return r.to >= height-1 }

// Above says whether what was not seen yet lies above top.
func (r *Reading) Above(top float32) bool { return r.to < top-1 }
