// Package noto holds the bytes of Noto Sans, for windows and documents. It is
// under the SIL Open Font License 1.1, see ../OFL.txt.
package noto

import _ "embed"

// Regular is Noto Sans Regular, a TrueType font. It must not be changed.
//
//go:embed NotoSans-Regular.ttf
var Regular []byte

// Bold is Noto Sans Bold.
//
//go:embed NotoSans-Bold.ttf
var Bold []byte
