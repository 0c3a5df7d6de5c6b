package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"beckmanconnect/build/stage"
)

// mqttFloor is the same way, hop for hop, with nothing of ours: tail reads the
// lines, a broker takes each at QoS 1, a subscriber has it. Nothing is
// understood, and nothing is kept.
type mqttFloor struct {
	port   string
	broker *exec.Cmd
}

// startBroker starts mosquitto on a port of its own, on loopback.
func startBroker(ctx context.Context, dir string) (*mqttFloor, error) {
	found, err := exec.LookPath("mosquitto")
	if err != nil { // Debian's is in /usr/sbin
		if found, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			return nil, fmt.Errorf("mosquitto is not installed: %w", err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err = errors.Join(err, l.Close()); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "mosquitto.conf")
	text := "listener " + port + " 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nset_tcp_nodelay true\n"
	if os.Geteuid() == 0 {
		text += "user root\n" // it would give itself an account that cannot read this folder
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	f := &mqttFloor{port: port, broker: exec.CommandContext(ctx, found, "-c", config)}
	if err := f.broker.Start(); err != nil {
		return nil, fmt.Errorf("mosquitto: %w", err)
	}
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err = stage.Until(wait, "mosquitto", func() (bool, error) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return false, nil
		}
		return true, c.Close()
	})
	return f, err
}

// follow counts what the subscriber has. The log is empty when it begins, so
// that the subscriber is there before the first line is.
func (f *mqttFloor) follow(ctx context.Context, log string, seen *sightings, r *reader) error {
	subscriber := exec.CommandContext(ctx, "mosquitto_sub", "-h", "127.0.0.1", "-p", f.port, "-q", "1", "-t", "lines")
	lines, err := subscriber.StdoutPipe()
	if err != nil {
		return err
	}
	reading, publisher := tail(ctx, log), exec.CommandContext(ctx, "mosquitto_pub", "-h", "127.0.0.1", "-p", f.port, "-q", "1", "-t", "lines", "-l")
	if publisher.Stdin, err = reading.StdoutPipe(); err != nil {
		return err
	}
	for _, cmd := range []*exec.Cmd{subscriber, publisher, reading} {
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("floor: %w", err)
		}
	}
	return errors.Join(count(lines, seen, r), subscriber.Wait(), publisher.Wait(), reading.Wait())
}
