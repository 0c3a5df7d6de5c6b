// Package version says which BeckmanConnect this is.
//
// FyneApp.toml is the only source. The constants beside this file are
// generated from it, a test fails when they differ, and the build scripts may
// set a version for one build alone (an upgrade to be tested, for example):
//
//	-ldflags "-X beckmanconnect/internal/version.override=0.1.1"
package version

//go:generate go run ./gen -in ../../FyneApp.toml -out fyneapp.go

// override is set by the linker only, never by code.
var override string

// Version is the product's version, "0.1.0", without any prefix.
func Version() string {
	if override != "" {
		return override
	}
	return fyneVersion
}

// Build is the build number of FyneApp.toml.
func Build() int { return fyneBuild }

// ID is the application's identifier in reverse domain order.
func ID() string { return fyneID }

// Name is the product's name as people read it.
func Name() string { return fyneName }
