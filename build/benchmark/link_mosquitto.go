package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"beckmanconnect/build/stage"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/freeport"
	"beckmanconnect/internal/trust"
)

// mosquitto measures the peer: the same devices with the same certificates, TLS
// and WebSocket, their own topics only. It keeps nothing.
func (b *fleetBench) mosquitto(ctx context.Context) (f linkFigures, err error) {
	dir := filepath.Join(b.o.dir, "mosquitto")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return f, err
	}
	outer, err := freeport.Choose()
	if err != nil {
		return f, err
	}
	within, err := freeport.Choose()
	if err != nil {
		return f, err
	}
	port, inner := strconv.Itoa(outer), strconv.Itoa(within)
	config, err := b.mosquittoConfig(dir, port, inner)
	if err != nil {
		return f, err
	}
	var running *exec.Cmd
	start := func() error {
		if running, err = startMosquitto(ctx, config, port); err != nil {
			return err
		}
		return nil
	}
	if err := start(); err != nil {
		return f, err
	}
	stop := func() error { return errors.Join(running.Process.Kill(), ignored(running.Wait())) }
	defer func() { _ = stop() }()
	pid := func() (int, error) { return running.Process.Pid, nil }
	url := fmt.Sprintf("wss://localhost:%s/mqtt", port)
	if err := b.memory(ctx, &f, url, false, pid); err != nil {
		return f, err
	}
	b.say("a message to all")
	if f.reached, err = b.tellAll(inner); err != nil {
		return f, err
	}
	return f, b.restart(ctx, &f, url, pid, func() error { return errors.Join(stop(), start()) })
}

// ignored: how a process ended that was killed is no news.
func ignored(error) error { return nil }

// tellAll publishes to each device from one client, as the cloud has to.
func (b *fleetBench) tellAll(port string) (seconds float64, err error) {
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://127.0.0.1:" + port).SetClientID("cloud").SetUsername("cloud").SetProtocolVersion(4))
	if t := c.Connect(); !t.WaitTimeout(10*time.Second) || t.Error() != nil {
		return 0, fmt.Errorf("publisher: %w", t.Error())
	}
	defer c.Disconnect(100)
	if _, err := b.ask(command{Do: "forget"}); err != nil {
		return 0, err
	}
	body, err := json.Marshal(cloudapi.VendorMessage{Note: fmt.Sprintf("%01000d", 0)}) // as long as a signed one
	if err != nil {
		return 0, err
	}
	payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: cloudapi.KindMessage, Body: body})
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	for _, d := range b.devices {
		c.Publish(cloudapi.DeviceBoundTopic(d.ID), 1, false, payload)
	}
	_, err = b.ask(command{Do: "received", Kind: cloudapi.KindMessage, Count: share(b.o.devices)})
	return time.Since(begun).Seconds(), err
}

func (b *fleetBench) mosquittoConfig(dir, port, inner string) (string, error) {
	private, err := trust.LoadPrivate(filepath.Join(b.o.dir, "trust", trust.DirRoots), filepath.Join(b.o.dir, "trust", trust.DirPrivate))
	if err != nil {
		return "", err
	}
	if err := serverFiles(private.Cloud, dir); err != nil {
		return "", err
	}
	text := fmt.Sprintf(`per_listener_settings true
listener %[1]s 127.0.0.1
allow_anonymous true
acl_file %[2]s/acl
listener %[3]s
bind_interface lo
protocol websockets
cafile %[4]s
certfile %[2]s/server.pem
keyfile %[2]s/server.key
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file %[2]s/acl
persistence false
max_connections -1
max_queued_messages 100
set_tcp_nodelay true
`, inner, dir, port, filepath.Join(b.o.dir, "trust", trust.DirRoots, trust.FileDeviceCA))
	if os.Geteuid() == 0 {
		text += "user root\n" // it would give itself an account that cannot read this folder
	}
	acl := "pattern write devices/%u/messages/events/#\npattern read devices/%u/messages/devicebound/#\nuser cloud\ntopic readwrite #\n"
	if err := os.WriteFile(filepath.Join(dir, "acl"), []byte(acl), 0o600); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "mosquitto.conf")
	return file, os.WriteFile(file, []byte(text), 0o600)
}

func startMosquitto(ctx context.Context, config, port string) (*exec.Cmd, error) {
	program, err := exec.LookPath("mosquitto")
	if err != nil { // Debian's is in /usr/sbin
		program = "/usr/sbin/mosquitto"
	}
	cmd := exec.CommandContext(ctx, program, "-c", config)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("mosquitto: %w", err)
	}
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return cmd, stage.Until(wait, "mosquitto", func() (bool, error) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return false, nil
		}
		return true, c.Close()
	})
}
