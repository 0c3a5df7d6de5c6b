package ask

// Joined puts what is not empty in a row.
func Joined(parts ...string) string {
	out := ""
	for _, s := range parts {
		switch {
		case s == "":
		case out == "":
			out = s
		default:
			out += " · " + s
		}
	}
	return out
}
