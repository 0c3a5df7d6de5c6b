package text

import (
	"strconv"
	"strings"
)

// signs are how a language writes numbers, by CLDR.
type signs struct {
	decimal, group string
	least          int // digits of the smallest number that is grouped
}

func (c *Catalogue) signs() signs {
	switch c.tag {
	case "de", "it":
		return signs{",", ".", 4}
	case "es":
		return signs{",", ".", 5} // "1234", but "12.345"
	case "fr":
		return signs{",", "\u00a0", 4} // CLDR has a narrower one, which many fonts lack and logs escape
	}
	return signs{".", ",", 4}
}

// Number is a whole number for people: "12,345", "12.345". Numbers that name
// something, such as an entry to be looked up, are written as they are.
func (c *Catalogue) Number(n int) string {
	digits, sign := strconv.Itoa(n), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	s := c.signs()
	if len(digits) < s.least {
		return sign + digits
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + s.group + digits[at:]
	}
	return sign + digits
}

// Decimal is a number with a fixed count of places behind the decimal mark:
// "1.4", "1,4".
func (c *Catalogue) Decimal(v float64, places int) string {
	whole, part, _ := strings.Cut(strconv.FormatFloat(v, 'f', places, 64), ".")
	n, err := strconv.Atoi(whole)
	if err != nil || (n == 0 && v < 0) { // beyond what is counted, or "-0"
		return strings.TrimSuffix(whole+c.signs().decimal+part, c.signs().decimal)
	}
	if places == 0 {
		return c.Number(n)
	}
	return c.Number(n) + c.signs().decimal + part
}

// Size is a number of bytes for people: "1.4 MB", "1,4 MB".
func (c *Catalogue) Size(n uint64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	v, unit := float64(n), 0
	for v >= 1000 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	places := 0
	if unit > 0 && v < 10 {
		places = 1
	}
	return c.Decimal(v, places) + "\u00a0" + units[unit]
}

// List joins names as the language does: "A, B", "A、B".
func (c *Catalogue) List(items ...string) string {
	between := ", "
	switch c.tag {
	case "zh-Hans", "ja":
		between = "、"
	}
	return strings.Join(items, between)
}
