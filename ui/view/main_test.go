package view_test

import (
	"os"
	"testing"

	"beckmanconnect/internal/racetest"
)

// What draws every screen does so in the one goroutine that draws.
func TestMain(m *testing.M) {
	os.Exit(racetest.Main(m, "TestMarkup", "TestPictures", "TestNothingIsCutOff", "TestDrawnContrast", "TestByTouchAndKeyboard",
		"TestSmallestWindow", "TestLargestPromptFits", "TestWarningMovesNothing"))
}
