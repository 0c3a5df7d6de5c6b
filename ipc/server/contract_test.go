package server_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
)

// scenario 4: no call carries a path, a binary or an address to act on. What a
// caller can send is read from the contracts themselves, so that a new field
// meets this test on the day it is added.
func TestNoCallCarriesAPathABinaryOrAnAddress(t *testing.T) {
	words := []string{"path", "file", "folder", "directory", "dir", "url", "uri", "host", "hostname", "address", "addr", "port", "ip",
		"command", "cmd", "exec", "executable", "binary", "script", "program_path", "socket", "pipe", "library", "dll", "env", "args", "proxy"}
	// Bytes that are not a program: each is compared or decoded, never run. data
	// is of a file that was approved, which is scanned and written, never run.
	// The exception: the proxy of the technician's own desktop. It is checked, used
	// last and only as a proxy (internal/netdial.TestUserProxyIsChecked).
	allowed := []string{"beckmanconnect.host.v1.OfferProxyRequest.proxy", "beckmanconnect.host.v1.OfferProxyRequest.pac_url"}
	blobs := []string{"nonce", "token", "screen_update", "cursor", "png", "data"}

	for _, file := range []protoreflect.FileDescriptor{hostpb.File_ipc_hostpb_host_proto, upgradepb.File_ipc_upgradepb_upgrade_proto} {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				m := methods.Get(j)
				for _, field := range fieldsOf(m.Input(), nil) {
					name := string(field.Name())
					for part := range strings.SplitSeq(name, "_") {
						if slices.Contains(words, part) && !slices.Contains(allowed, string(field.FullName())) {
							t.Errorf("%s takes %s", m.FullName(), field.FullName())
						}
					}
					if field.Kind() == protoreflect.BytesKind && !slices.Contains(blobs, name) {
						t.Errorf("%s takes the bytes %s", m.FullName(), field.FullName())
					}
					if m := field.Message(); m != nil && strings.HasPrefix(string(m.FullName()), "google.protobuf.") {
						t.Errorf("%s takes anything, in %s", m.FullName(), field.FullName())
					}
				}
			}
		}
	}
}

// fieldsOf lists every field of a message and of what it holds.
func fieldsOf(m protoreflect.MessageDescriptor, seen []protoreflect.FullName) []protoreflect.FieldDescriptor {
	if slices.Contains(seen, m.FullName()) {
		return nil
	}
	seen = append(seen, m.FullName())
	var out []protoreflect.FieldDescriptor
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		out = append(out, f)
		if f.Message() != nil {
			out = append(out, fieldsOf(f.Message(), seen)...)
		}
	}
	return out
}
