// Package noto holds the bytes of Noto Sans and of its Chinese and Japanese
// relatives, for windows, the tray's dialogs and documents. They are under the
// SIL Open Font License 1.1, see ../OFL.txt. What is in the relatives and how
// they are made again stands in build/fonts.
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

//go:embed NotoSans-zh-Hans-Regular.ttf
var chineseRegular []byte

//go:embed NotoSans-zh-Hans-Bold.ttf
var chineseBold []byte

//go:embed NotoSans-ja-Regular.ttf
var japaneseRegular []byte

//go:embed NotoSans-ja-Bold.ttf
var japaneseBold []byte
