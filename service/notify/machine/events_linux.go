package machine

// readEvents: the journal has no well-kept reader in Go alone, and starting a
// program for it is not this service's to do.
func readEvents(string, string, bool, int) ([]string, error) { return nil, errNoEvents }
