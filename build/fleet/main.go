// Command fleet is any number of simulated instrument PCs in one process: real
// TLS with a certificate of its own each, MQTT over WebSocket, and the pauses of
// the product's own link when the broker is away. build/bench link drives it:
// one command a line on the standard input, one answer a line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// command is one line of the input.
type command struct {
	Do      string  `json:"do"`
	Count   int     `json:"count"`   // up: so many devices; received: so many of them
	Rate    float64 `json:"rate"`    // up: new connections a second
	Seconds float64 `json:"seconds"` // publish: for so long
	Kind    string  `json:"kind"`    // received: of this kind
	URL     string  `json:"url"`     // up: wss://HOST:PORT/PATH
}

// answer is one line of the output.
type answer struct {
	Error    string  `json:"error,omitempty"`
	Seconds  float64 `json:"seconds"`  // that it took
	Online   int     `json:"online"`   // devices that are connected and have subscribed
	Count    int     `json:"count"`    // publish: acknowledged; received: devices that have it
	Attempts []int   `json:"attempts"` // storm: connections tried in each second since forget
	Back     []int   `json:"back"`     // storm: devices that came online in each second since forget
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fleet DEVICES.json ROOTS.pem")
		os.Exit(2)
	}
	f, err := open(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
	defer f.down()
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			fmt.Fprintln(os.Stderr, "fleet:", err)
			os.Exit(1)
		}
		begun := time.Now()
		a, err := f.do(ctx, c)
		if err != nil {
			a.Error = err.Error()
		}
		a.Seconds = time.Since(begun).Seconds()
		a.Online = int(f.online.Load())
		if err := out.Encode(a); err != nil {
			return
		}
	}
}
