//go:build race

package view_test

// raceDetector says that everything is several times slower: tests that draw
// every screen take some of them.
const raceDetector = true
