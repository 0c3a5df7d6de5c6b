package main

import (
	"slices"
	"testing"
)

// The notices are those of what is linked now; scenario 60.
func TestNoticesAreCurrent(t *testing.T) {
	if err := run(t.Context(), "../..", true); err != nil {
		t.Error(err)
	}
}

func TestIdentify(t *testing.T) {
	for body, want := range map[string][]string{
		"Apache License\n  Version 2.0, January 2004":                                                           {"Apache-2.0"},
		"Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software":        {"MIT"},
		"* Redistributions in binary form must reproduce the above copyright notice":                            {"BSD-2-Clause"},
		"Redistributions in binary form must reproduce the above\ncopyright notice. Neither the name of Google": {"BSD-3-Clause"},
		"All rights reserved.": nil,
	} {
		if got := identify(body); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", body, got, want)
		}
	}
}

// A module whose terms nobody knows is not passed over.
func TestUnknownLicenceFails(t *testing.T) {
	if _, err := read([]module{{Path: "example.com/x", Version: "v1.0.0", Dir: t.TempDir()}}); err == nil {
		t.Error("a module without a licence was accepted")
	}
}

func TestCopyrightLines(t *testing.T) {
	for line, want := range map[string]bool{
		"Copyright (c) 2013 Someone":                          true,
		"Copyright 2009 The Go Authors.":                      true,
		"© 2020 Someone":                                      true,
		"copyright notice, this list of conditions":           false,
		"Copyright [yyyy] [name of copyright owner]":          false,
		"copyright owner or by an individual or Legal Entity": false,
	} {
		if got := copyright.MatchString(line) && !notCopyright.MatchString(line); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
