// Package condition reads and asks the conditions that a signed site policy may
// hold a probed value to, such as "value < 70".
package condition

import (
	"errors"
	"fmt"
	"strings"

	"beckmanconnect/internal/condition"
)

// MaxLength is the longest condition in bytes.
const MaxLength = 200

// environment is all that a condition can refer to.
type environment struct {
	Value any `expr:"value"`
}

// Condition is a compiled expression over "value". It holds no state; any
// goroutine may ask it.
type Condition struct{ compiled *condition.Condition }

// Compile reads a condition in the language of package internal/condition, over
// "value" alone.
func Compile(text string) (*Condition, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("condition: it is empty")
	}
	if len(text) > MaxLength {
		return nil, fmt.Errorf("condition: longer than %d bytes", MaxLength)
	}
	c, err := condition.Compile(text, environment{})
	if err != nil {
		return nil, err
	}
	return &Condition{c}, nil
}

// Holds says whether value, a number (float64) or a text, meets the condition.
// A value it cannot be held to, such as a text where a number is compared, is
// an error; the error never holds the value.
func (c *Condition) Holds(value any) (bool, error) {
	holds, err := c.compiled.Holds(environment{value})
	if err != nil {
		return false, errors.New("condition: the value is of another kind than it compares")
	}
	return holds, nil
}

// String is the condition as it was written.
func (c *Condition) String() string { return c.compiled.String() }
