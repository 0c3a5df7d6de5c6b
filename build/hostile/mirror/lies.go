package mirror

// lies are deltas that make something else than they say.
var lies []class
