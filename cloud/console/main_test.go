package console_test

import (
	"os"
	"testing"

	"beckmanconnect/cloud/console/consoletest"
)

func TestMain(m *testing.M) { os.Exit(consoletest.Main(m)) }
