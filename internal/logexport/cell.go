package logexport

// CellText is a value as a cell of a CSV file holds it in every export of the
// product: it starts no formula and acts on nothing; see cellText.
func CellText(s string) string { return cellText(s) }

// CellPairs are names and values in one cell, in the same way.
func CellPairs(m map[string]string) string { return cellPairs(m) }
