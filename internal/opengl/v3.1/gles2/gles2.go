// Package gles2 is empty: Fyne takes it on ARM and phones, for which this
// product is not built, and "go mod tidy" looks for it all the same.
package gles2
