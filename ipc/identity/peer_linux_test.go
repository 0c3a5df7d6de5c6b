package identity

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestParseStartTime(t *testing.T) {
	const rest = " S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 22 33"
	for _, tt := range []struct {
		stat string
		want uint64
	}{
		{"7 (cat)" + rest, 4711},
		{"7 (a) S 1 ) (b)" + rest, 4711}, // a name made to confuse
		{"7 (cat) S 1 1", 0},
		{"", 0},
		{"no bracket at all 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21", 0},
	} {
		got, err := parseStartTime([]byte(tt.stat))
		if got != tt.want || (err != nil) != (tt.want == 0) {
			t.Errorf("%q: %d, %v, want %d", tt.stat, got, err, tt.want)
		}
	}
}

func TestSystemUID(t *testing.T) {
	for uid, want := range map[int]bool{
		0: true, 33: true, 999: true, 1000: false, 60000: false, 61184: true, 65519: true, 65533: false, 65534: true, 65535: true,
		65536: false, 1_500_000_000: false, -1: true,
	} {
		if got := systemUID(uid); got != want {
			t.Errorf("systemUID(%d) = %v", uid, got)
		}
	}
}

func TestSeat(t *testing.T) {
	dir := t.TempDir()
	if got := seat(dir, 1000); got != SeatUnknown {
		t.Errorf("without logind: %v", got)
	}
	for _, d := range []string{"seats", "users"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for uid, record := range map[int]string{1000: "NAME=anna\nSEATS=seat0\n", 1001: "NAME=ssh\nSEATS=\nSESSIONS=4\n", 1002: "XSEATS=seat0\n"} {
		if err := os.WriteFile(filepath.Join(dir, "users", strconv.Itoa(uid)), []byte(record), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for uid, want := range map[int]Seat{1000: SeatLocal, 1001: SeatNone, 1002: SeatNone, 1003: SeatNone} {
		if got := seat(dir, uid); got != want {
			t.Errorf("user %d: %v, want %v", uid, got, want)
		}
	}
}

// scenario 2: a process ID that is used again is another process.
func TestReusedPIDIsNotTheSameProcess(t *testing.T) {
	pid := os.Getpid()
	start, err := startTime(pid)
	if err != nil {
		t.Fatal(err)
	}
	same := &linuxProcess{pid: pid, start: start, pidfd: -1}
	later := &linuxProcess{pid: pid, start: start - 1, pidfd: -1} // the one before us with this number
	if !same.alive() || later.alive() {
		t.Errorf("alive: same process %v, earlier process of this number %v", same.alive(), later.alive())
	}
	if _, err := hold(pid, uint32(os.Geteuid()+1), -1); os.Geteuid() != 0 && err == nil {
		t.Error("a process of another account was taken for the peer")
	}
	held, err := hold(pid, uint32(os.Geteuid()), -1)
	if err != nil {
		t.Fatal(err)
	}
	if !held.alive() {
		t.Error("we are not alive")
	}
	if err := held.close(); err != nil || held.alive() || held.close() != nil {
		t.Error("a closed hold is still alive")
	}
}
