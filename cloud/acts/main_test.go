package acts_test

import (
	"os"
	"testing"

	"beckmanconnect/cloud/data/datatest"
)

func TestMain(m *testing.M) { os.Exit(datatest.Main(m)) }
