// Package version says which BeckmanConnect this is.
//
// FyneApp.toml is the only source. The constants beside this file are
// generated from it, a test fails when they differ, and the build scripts may
// set a version for one build alone (an upgrade to be tested, for example):
//
//	-ldflags "-X beckmanconnect/internal/version.override=0.1.1 -X beckmanconnect/internal/version.built=1764000000"
package version

import (
	"strconv"
	"time"
)

//go:generate go run ./gen -in ../../FyneApp.toml -out fyneapp.go

// override and built are set by the linker only, never by code.
var override, built string

// Version is the product's version, "0.1.0", without any prefix.
func Version() string {
	if override != "" {
		return override
	}
	return fyneVersion
}

// Built is when this program was built, to the second: the time of the commit
// it was built from, so that building it again gives the same bytes. Zero when
// the build scripts did not say.
func Built() time.Time {
	seconds, err := strconv.ParseInt(built, 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Build is the build number of FyneApp.toml.
func Build() int { return fyneBuild }

// ID is the application's identifier in reverse domain order.
func ID() string { return fyneID }

// Name is the product's name as people read it.
func Name() string { return fyneName }
