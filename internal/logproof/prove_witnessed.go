package logproof

import (
	"errors"
	"time"
)

// Witnessed is what a witness cosigned last, as it is stored beside the log.
type Witnessed struct {
	Name string    // "cloud", or the site policy's name for it
	Note []byte    // the log's signed note with the cosignature
	Time time.Time // by the witness's clock
}

// Witnessed gives what each witness cosigned last, by name; nothing of a log
// that knows no witnesses yet. Neither signature is checked by reading it.
func (r *Reader) Witnessed() ([]Witnessed, error) {
	n, err := r.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'witnessed'")
	if err != nil || n == 0 {
		return nil, err
	}
	c, err := r.query("SELECT name, unix, note FROM witnessed ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer c.close()
	var out []Witnessed
	for c.next() {
		name, ok1 := c.row[0].(string)
		unix, ok2 := c.row[1].(int64)
		msg, ok3 := c.row[2].([]byte)
		if !ok1 || !ok2 || !ok3 {
			return nil, errors.New("what was witnessed holds other types than were written")
		}
		out = append(out, Witnessed{Name: name, Time: time.Unix(unix, 0), Note: append([]byte(nil), msg...)})
	}
	return out, c.failed()
}
