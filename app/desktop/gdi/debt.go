package gdi

// debt is what still has to be lifted: while another desktop has the input, as
// UAC's has, the system takes no events, and what is held would stay held.
type debt[E any] struct{ owed []E }

// pay sends what is owed and more. Nothing of it is sent later than anything
// else: who sends other events pays first.
func (d *debt[E]) pay(send func(...E) error, more ...E) error {
	all := append(d.owed, more...)
	if len(all) == 0 {
		return nil
	}
	if err := send(all...); err != nil {
		d.owed = all[:min(len(all), mostOwed)]
		return err
	}
	d.owed = nil
	return nil
}

// mostOwed is more than there are modifiers and buttons.
const mostOwed = 64
