package main

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// callWithin bounds one call to the service: a script is not to hang.
const callWithin = 20 * time.Second

// call connects to the service and makes one call.
func call[Reply any](ctx context.Context, e env, do func(context.Context, hostpb.HostClient) (Reply, error)) (reply Reply, err error) {
	return callFor(ctx, e, callWithin, do)
}

// callFor is call with another bound.
func callFor[Reply any](ctx context.Context, e env, within time.Duration, do func(context.Context, hostpb.HostClient) (Reply, error)) (reply Reply, err error) {
	config, err := hostconfig.Load(e.config)
	if err != nil {
		return reply, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c, err := client.Dial(ctx, client.Config{Socket: config.Socket, Program: protocol.Ctl, Version: version.Version()})
	if err != nil {
		return reply, explain(err)
	}
	defer c.Close()
	reply, err = do(ctx, c.Host)
	return reply, explain(err)
}

// explain is one line with the stable code in it, for people and scripts.
func explain(err error) error {
	if err == nil {
		return nil
	}
	d := client.Detail(err)
	advice := map[string]string{
		protocol.CodeUnavailable:  "start the BeckmanConnect service, then try again",
		protocol.CodeUntrusted:    "something else holds the service's name; do not go on, and tell IT security",
		protocol.CodeIncompatible: "this program and the service are of different versions; finish the upgrade",
		protocol.CodeNotPermitted: "run it as an administrator",
	}[d.GetCode()]
	line := d.GetCode() + ": " + d.GetMessage()
	if advice != "" {
		line += "; " + advice
	}
	return serviceError{d.GetCode(), line}
}

// serviceError is a refusal or a failure of the service, as explain words it.
type serviceError struct{ code, line string }

func (e serviceError) Error() string { return e.line }

// printProto writes a message as JSON with the field names of the contract;
// fields that are not set are there, so that scripts need not guess.
func printProto(out io.Writer, m proto.Message) error {
	raw, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		return err
	}
	// protojson varies its spacing on purpose; once more through JSON, so that
	// a script that compares text does not see that.
	return printJSON(out, json.RawMessage(raw))
}
