package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/cluster"
	"beckmanconnect/internal/program"
)

// configured reads the configuration of a verb that has no other flag. Where
// the environment has one no file need be named.
func configured(verb string, args []string) (cloud.Config, error) {
	set := flag.NewFlagSet(verb, flag.ContinueOnError)
	file := set.String("config", "", "cloud.toml")
	var need []string
	if !environment() {
		need = append(need, "config")
	}
	if err := parse(set, args, need...); err != nil {
		return cloud.Config{}, err
	}
	return cloud.LoadConfig(*file)
}

func environment() bool {
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, cloud.Variables) {
			return true
		}
	}
	return false
}

// checkConfig tells all that is wrong, or what the cloud would run with.
func checkConfig(args []string, out io.Writer) error {
	config, err := configured("check-config", args)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, l := range config.Show() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", l.Key, l.Value, l.Variable)
	}
	return w.Flush()
}

func drain(ctx context.Context, args []string, out io.Writer) error {
	config, err := configured("drain", args)
	if err != nil {
		return err
	}
	return cloud.AskToDrain(ctx, config, func(limit time.Duration) {
		fmt.Fprintf(out, "draining; it stops within %v\n", limit)
	})
}

// nodesVerb makes what nodes know each other by.
func nodesVerb(args []string) error {
	if len(args) == 0 || args[0] != "certificate" {
		return program.Usagef("nodes: one of\n  nodes certificate --dir DIR --node NAME [ADDRESS …]   DIR keeps the authority: it belongs on no node")
	}
	set := flag.NewFlagSet("nodes certificate", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	dir := set.String("dir", "", "where the authority is kept, or made")
	node := set.String("node", "", "the node's name, or one for a NATS server")
	if err := set.Parse(args[1:]); err != nil {
		return program.Usagef("%s: %w", set.Name(), err)
	}
	if *dir == "" || *node == "" {
		return program.Usagef("%s: --dir and --node are needed", set.Name())
	}
	return cluster.MakeKeys(*dir, time.Now(), *node, set.Args()...)
}
