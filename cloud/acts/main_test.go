package acts_test

import (
	"os"
	"testing"

	"beckmanconnect/cloud/data/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }
