package screen_test

import (
	"os"
	"testing"

	"beckmanconnect/internal/racetest"
)

func TestMain(m *testing.M) {
	os.Exit(racetest.Main(m, "TestWhatWorkCosts", "TestPackedStream", "TestMovesCostLittle"))
}
