//go:build linux

package x11_test

import (
	"bufio"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"

	"github.com/jezek/xgb/xproto"
)

const (
	measure   = "BECKMANCONNECT_MEASURE" // anything
	captureOn = "BECKMANCONNECT_TEST_CAPTURE_ON"
)

// TestCaptureFor is run as a program of its own by TestCPU: it captures as the
// helper does until its input ends, and says what that took.
func TestCaptureFor(t *testing.T) {
	display := os.Getenv(captureOn)
	if display == "" {
		t.Skip("not a test, but a program of one")
	}
	s, err := x11.OpenScreen(display)
	if err != nil {
		t.Fatal(err)
	}
	s.SetMasks(&desktop.MaskSet{})
	if _, err := s.Capture(true); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	in := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	go func() { _, _ = io.Copy(io.Discard, in); close(over) }()
	pictures := 0
	for running := true; running; {
		select {
		case <-over:
			running = false
		case <-s.Changed():
			if _, err := s.Capture(false); err != nil {
				t.Fatal(err)
			}
			pictures++
			time.Sleep(16 * time.Millisecond)
		}
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	spent := func(r syscall.Rusage) time.Duration {
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	fmt.Printf("spent %d %d %d\n", (spent(after) - spent(before)).Microseconds(), pictures, after.Nvcsw-before.Nvcsw)
}

// TestCPU measures what capturing costs while nothing happens, while somebody
// types and while text scrolls, on a desk of 30 windows.
func TestCPU(t *testing.T) {
	if os.Getenv(measure) == "" {
		t.Skip("not asked for: " + measure + "=1")
	}
	for _, work := range []string{"idle", "typing", "scrolling"} {
		t.Run(work, func(t *testing.T) {
			display := xtesting.Xvfb(t, "1920x1080")
			paint := xtesting.NewPainter(t, display)
			for range 30 {
				paint.Window(image.Rect(900, 100, 1300, 400), blue, "instrument")
			}
			script := "stty -echo; cat >/dev/null"
			switch work {
			case "typing":
				script = "cat >/dev/null"
			case "scrolling":
				script = "read x; i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i of what an instrument says of itself; sleep 0.05; done; cat"
			}
			xtesting.Program(t, display, "xterm", "-geometry", "120x60+0+0", "-e", "sh", "-c", script)
			xtesting.Eventually(t, "xterm is there", func() bool {
				under, err := xproto.TranslateCoordinates(paint.X, paint.Root, paint.Root, 100, 100).Reply()
				return err == nil && under.Child != 0
			})
			time.Sleep(time.Second) // its first pictures are not what is measured
			in := openInput(t, display)
			if err := in.Move(100, 100); err != nil {
				t.Fatal(err)
			}
			helper := exec.Command(os.Args[0], "-test.run=^TestCaptureFor$")
			helper.Env = append(os.Environ(), captureOn+"="+display)
			stdin, err := helper.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := helper.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := helper.Start(); err != nil {
				t.Fatal(err)
			}
			out := bufio.NewReader(stdout)
			for line := ""; line != "ready\n"; {
				if line, err = out.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
			fmt.Fprintln(stdin)
			begun := time.Now()
			if work == "scrolling" {
				press(t, in, keys.Key{Code: "Enter", Text: "Enter"})
			}
			for range 200 {
				if work == "typing" {
					press(t, in, typed("k")...)
				}
				time.Sleep(50 * time.Millisecond)
			}
			took := time.Since(begun)
			stdin.Close()
			all, err := io.ReadAll(out)
			if err != nil {
				t.Fatal(err)
			}
			if err := helper.Wait(); err != nil {
				t.Fatalf("%v: %s", err, all)
			}
			var us, pictures, wakes int
			at := strings.Index(string(all), "spent ")
			if _, err := fmt.Sscanf(string(all[max(at, 0):]), "spent %d %d %d", &us, &pictures, &wakes); err != nil {
				t.Fatalf("%v: %s", err, all)
			}
			t.Logf("%s: %.2f %% of a core, %d pictures, %d µs each of 200, %d wake-ups", work, float64(us)/float64(took.Microseconds())*100, pictures, us/200, wakes)
		})
	}
}
